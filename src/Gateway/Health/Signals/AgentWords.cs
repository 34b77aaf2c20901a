using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// What an agent has said in the words of HAProxy's agent check: a weight in percent, an administrative state (ready, drain, maint) and
/// an operational one (up, down, fail, stopped). Each holds until another word of its kind. Pure.
/// </summary>
/// <param name="Weight">The share of the weight, 0 to 1; null: none was said yet.</param>
/// <param name="IsReady">False: drain or maint.</param>
/// <param name="IsUp">False: down, fail or stopped.</param>
/// <param name="Word">The last word that counts, for people.</param>
internal sealed record AgentWords(double? Weight, bool IsReady, bool IsUp, string Word)
{
    /// <summary>The longest line.</summary>
    public const int Longest = 1024;

    private const int MostPercent = 10_000;

    // Of any number of zeros, and of what a number may end with (a byte 0), this is told.
    private const string Nothing = "0%";
    private static readonly char[] Separators = [' ', '\t', ','];

    /// <summary>Before an agent said anything.</summary>
    public static AgentWords None { get; } = new(null, IsReady: true, IsUp: true, "");

    /// <summary>What the words come to.</summary>
    public SignalEffect Effect => IsReady && IsUp && Weight is not 0 ? SignalEffect.Weight : SignalEffect.Drain;

    /// <summary>For people; nothing of a description.</summary>
    public string Text => (Weight, Effect) switch
    {
        (_, SignalEffect.Drain) when Word.Length > 0 => $"the agent says {Word}",
        ({ } weight, _) => string.Create(CultureInfo.InvariantCulture, $"the agent says {weight * 100:0.##}%"),
        _ => Word.Length > 0 ? $"the agent says {Word}" : "the agent says nothing",
    };

    /// <summary>Takes a line; null: it has no word that is known, and is not a response of an agent.</summary>
    public AgentWords? Take(string line)
    {
        var sharp = line.IndexOf('#', StringComparison.Ordinal);
        var words = this;
        var isKnown = false;
        foreach (var word in (sharp < 0 ? line : line[..sharp]).Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (After(words, word.ToLowerInvariant()) is { } after)
            {
                (words, isKnown) = (after, true);
            }
        }

        return isKnown ? words : null;
    }

    private static AgentWords? After(AgentWords words, string word) => word switch
    {
        "ready" => words with { IsReady = true, Word = word },
        "drain" or "maint" => words with { IsReady = false, Word = word },
        "up" => words with { IsUp = true, Word = words.IsReady ? word : words.Word },
        "down" or "fail" or "failed" or "stopped" => words with { IsUp = false, Word = word },
        [.. var number, '%'] when int.TryParse(
            number, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= MostPercent =>
            words with { Weight = Math.Min(1, percent / 100.0), Word = percent == 0 ? Nothing : words.Word },
        _ => word.StartsWith("maxconn:", StringComparison.Ordinal) ? words : null,
    };
}
