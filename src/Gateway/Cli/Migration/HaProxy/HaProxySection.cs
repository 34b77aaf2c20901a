using System.Collections.Immutable;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>A section with the lines of the <c>defaults</c> that hold for it before its own.</summary>
/// <param name="Kind"><c>frontend</c>, <c>backend</c>, <c>listen</c>, …</param>
/// <param name="Name">Its name; empty: it has none.</param>
/// <param name="At">Where it begins.</param>
/// <param name="Own">Its own lines.</param>
/// <param name="Inherited">Those of its <c>defaults</c>.</param>
internal sealed record HaProxySection(
    string Kind,
    string Name,
    SourcePlace At,
    ImmutableArray<HaProxyLine> Own,
    ImmutableArray<HaProxyLine> Inherited)
{
    /// <summary>The lines of a keyword: its own, else the inherited ones.</summary>
    public IEnumerable<HaProxyLine> All(string name, string second = "")
    {
        bool Is(HaProxyLine line) => string.Equals(line.Name, name, StringComparison.Ordinal) && (second.Length == 0 || string.Equals(
            line[1],
            second,
            StringComparison.Ordinal));
        return Own.Any(Is) ? Own.Where(Is) : Inherited.Where(Is);
    }

    /// <summary>The last line of a keyword; null: none.</summary>
    public HaProxyLine? Last(string name, string second = "") => All(name, second).LastOrDefault();
}
