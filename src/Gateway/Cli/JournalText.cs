using System.Globalization;
using System.Text;
using Gateway.Observability.History;

namespace Gateway.Cli;

/// <summary>Entries of the journal for a terminal.</summary>
internal static class JournalText
{
    /// <summary>In the order given.</summary>
    public static string Of(IEnumerable<JournalEntry> entries, string indent = "")
    {
        var text = new StringBuilder();
        foreach (var entry in entries)
        {
            var first = string.Create(CultureInfo.InvariantCulture, $"{indent}{entry.At.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  ");
            Columns.Append(text, first, Sentence(entry), indent.Length + 4);
        }

        return text.Length > 0 ? text.ToString() : indent + "Nothing yet.\n";
    }

    private static string Sentence(JournalEntry entry)
    {
        var what = entry.Cluster is null ? entry.Kind : $"{entry.Kind} {entry.Cluster}";
        var change = string.Equals(entry.Kind, "transition", StringComparison.Ordinal)
            ? $" {entry.From ?? "none"} -> {entry.To ?? "none"} ({entry.Reason})"
            : "";
        var who = entry.Who is null ? "" : $" By {entry.Who}{(entry.Reason is null ? "" : ": " + entry.Reason)}.";
        return $"{what}{change}: {entry.Text}{who}";
    }
}
