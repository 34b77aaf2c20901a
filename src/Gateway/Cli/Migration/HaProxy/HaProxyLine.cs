using System.Collections.Immutable;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>One line as words.</summary>
/// <param name="Words">At least one, without quotes.</param>
/// <param name="At">Where it stands.</param>
internal sealed record HaProxyLine(ImmutableArray<string> Words, SourcePlace At)
{
    /// <summary>The first word.</summary>
    public string Name => Words[0];

    /// <summary>A word by its place; empty: there is none.</summary>
    public string this[int place] => place < Words.Length ? Words[place] : "";

    /// <summary>The word after another one, such as the value of an option; null: it is not there.</summary>
    public string? After(string word)
    {
        var place = Words.IndexOf(word, StringComparer.Ordinal);
        return place >= 0 && place + 1 < Words.Length ? Words[place + 1] : null;
    }

    /// <summary>True when a word stands in the line.</summary>
    public bool Has(string word) => Words.Contains(word, StringComparer.Ordinal);

    /// <summary>As it was written, with one space between words.</summary>
    public override string ToString() => string.Join(' ', Words);
}
