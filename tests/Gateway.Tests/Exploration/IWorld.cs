namespace Gateway.Tests.Exploration;

/// <summary>Something that can happen in a world.</summary>
/// <param name="Words">For the steps of a counterexample.</param>
/// <param name="IsDisturbance">Something from outside; false: the course of time, with which everything comes to rest.</param>
internal sealed record WorldAction(string Words, bool IsDisturbance);

/// <summary>What an action comes to.</summary>
/// <param name="State">The state after it.</param>
/// <param name="Announced">A transition was announced on the way.</param>
/// <param name="Broken">The invariant that does not hold, and what is so instead; null: all hold.</param>
internal readonly record struct Outcome<TState>(TState State, bool Announced, string? Broken);

/// <summary>
/// A world to explore: its states, all that can happen in each of them, and what must hold. States are values. What is written of a
/// state is its canonical form: two states that are written alike behave alike.
/// </summary>
internal interface IWorld<TState>
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>All that can happen; those that are no disturbance come first.</summary>
    IReadOnlyList<WorldAction> Actions { get; }

    /// <summary>Where it begins.</summary>
    TState Start();

    /// <summary>What comes of an action; null: it cannot happen here.</summary>
    Outcome<TState>? Try(TState state, int action);

    /// <summary>It is as it should be once nothing disturbs it any more.</summary>
    bool IsAsItShouldBe(TState state);

    /// <summary>Writes the canonical form; gives its length.</summary>
    int Write(TState state, Span<byte> into);

    /// <summary>Reads it again.</summary>
    TState Read(ReadOnlySpan<byte> from);

    /// <summary>In a line, for people.</summary>
    string Describe(TState state);
}
