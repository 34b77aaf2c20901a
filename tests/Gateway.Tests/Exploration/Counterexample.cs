using System.Globalization;
using System.Text;

namespace Gateway.Tests.Exploration;

/// <summary>Writes how an invariant is broken, without the steps that it is broken without.</summary>
internal sealed class Counterexample<TState>(IWorld<TState> world)
{
    /// <summary>The steps that break an invariant, a line each.</summary>
    public string Of(List<int> actions, string words)
    {
        var invariant = InvariantOf(words);
        for (var at = actions.Count - 1; at >= 0; at--)
        {
            List<int> fewer = [.. actions[..at], .. actions[(at + 1)..]];
            if (Replay(fewer, steps: null) is { } broken && string.Equals(InvariantOf(broken), invariant, StringComparison.Ordinal))
            {
                (actions, words) = (fewer, broken);
            }
        }

        var steps = new StringBuilder();
        Replay(actions, steps);
        return $"{world.Name}: {words}\n{steps}";
    }

    /// <summary>A history, a line for each step.</summary>
    public string Tell(IReadOnlyList<int> actions)
    {
        var steps = new StringBuilder();
        Replay(actions, steps);
        return steps.ToString();
    }

    private static string InvariantOf(string words) => words.Split(':')[0];

    // Runs until an invariant is broken, and says which; null: none was, or a step cannot be taken.
    private string? Replay(IReadOnlyList<int> actions, StringBuilder? steps)
    {
        Span<byte> packed = stackalloc byte[512];
        var state = world.Start();
        steps?.Append("   0. start: ").Append(world.Describe(state)).Append('\n');
        for (var i = 0; i < actions.Count; i++)
        {
            // As the search did: what is not written of a state is forgotten.
            state = world.Read(packed[..world.Write(state, packed)]);
            if (world.Try(state, actions[i]) is not { } outcome)
            {
                return null;
            }

            state = outcome.State;
            steps?.Append(CultureInfo.InvariantCulture, $"{i + 1,4}. {world.Actions[actions[i]].Words}: {world.Describe(state)}\n");
            if (outcome.Broken is { } broken)
            {
                return i == actions.Count - 1 ? broken : null;
            }
        }

        return null;
    }
}
