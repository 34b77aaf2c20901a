using System.Globalization;
using System.Text;
using Gateway.Admin.Incidents;
using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Cli.Incidents;

/// <summary>Incidents for a terminal.</summary>
internal static class IncidentText
{
    private const int Indent = 10;

    /// <summary>The list, the newest last.</summary>
    public static string Of(IReadOnlyList<IncidentLine> newestFirst)
    {
        if (newestFirst.Count == 0)
        {
            return "There was no incident in the time that is kept.\n";
        }

        var text = new StringBuilder();
        Columns.Table(text, "", [.. newestFirst.Reverse().Select(static line => new[]
        {
            line.Name,
            line.Until is { } until ? Span(until - line.At) : line.IsCutOff ? "cut off" : "goes on",
            line.Users,
        })]);
        return text.ToString();
    }

    /// <summary>The report of one.</summary>
    public static string Of(Incident incident)
    {
        var text = new StringBuilder();
        text.Append(incident.Name).Append(": ").Append(SpanOf(incident)).Append('\n');
        Columns.Append(text, "  Users   ", incident.Users, Indent);
        if (incident.Saved.Total > 0)
        {
            Columns.Append(
                text,
                "  Saved   ",
                string.Create(CultureInfo.InvariantCulture, $"{incident.Saved.Total:N0}: {SavedText.Of(incident.Saved)}"),
                Indent);
        }

        Columns.Append(text, "  Times   ", TimesOf(incident), Indent);
        Columns.Append(text, "  Tiers   ", string.Join(
            "; ", incident.Tiers.Select(static tier => $"{tier.Name}: {string.Join(", ", tier.Destinations)}")), Indent);
        if (incident.Losses.Length > 0)
        {
            text.Append("  Lost\n");
            foreach (var loss in incident.Losses)
            {
                Columns.Append(
                    text,
                    string.Create(CultureInfo.InvariantCulture, $"    {loss.At.UtcDateTime:HH:mm:ss.f}Z  "),
                    $"{loss.Destination} of {loss.Tier}: {loss.Cause ?? "back"}",
                    Indent + 6);
            }
        }

        text.Append("  Timeline\n");
        text.Append(JournalText.Of(incident.Timeline, "    "));
        if (Math.Max(incident.Timeline.Length, incident.Losses.Length) >= Incident.MostEntries)
        {
            Columns.Append(
                text,
                "  ",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The first {Incident.MostEntries} of each; {ProgramName.Current} journal --cluster {incident.Cluster} has more."),
                2);
        }

        return text.ToString();
    }

    private static string SpanOf(Incident incident) => incident switch
    {
        { Until: { } until } => $"{Clock(incident.At)} to {Clock(until)}, {Span(until - incident.At)}",
        { IsCutOff: true } => $"from {Clock(incident.At)}; the gateway ended before it was over",
        _ => $"since {Clock(incident.At)}, and goes on",
    };

    private static string TimesOf(Incident incident)
    {
        var parts = new List<string>();
        var lost = incident.Losses.FirstOrDefault(static loss => loss.Cause is not null);
        if (lost is not null)
        {
            parts.Add($"first loss {Clock(lost.At)}");
        }

        var moves = incident.Timeline.Where(static entry => entry.Kind is "transition").ToArray();
        foreach (var move in moves.Take(8))
        {
            var after = lost is not null && move.At >= lost.At ? $", {Span(move.At - lost.At)} after it" : "";
            parts.Add($"{move.From ?? "none"} to {move.To ?? "none"} {Clock(move.At)}{after}");
        }

        if (moves.Length > 8)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{moves.Length - 8} more transitions"));
        }

        return parts.Count == 0 ? "no destination was lost, and no other tier took over" : string.Join("; ", parts);
    }

    private static string Clock(DateTimeOffset at) => WallClock.TimeOf(at, at);

    private static string Span(TimeSpan span) => span < TimeSpan.FromMinutes(2)
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalSeconds):0.#} s")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.#} min");
}
