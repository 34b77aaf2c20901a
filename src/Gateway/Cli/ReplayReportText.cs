using System.Globalization;
using System.Text;

namespace Gateway.Cli;

/// <summary>A replay for a terminal.</summary>
internal static class ReplayReportText
{
    /// <summary>The transitions, and how many are the same.</summary>
    public static string Of(ReplayReport report)
    {
        var text = new StringBuilder();
        text.Append($"Recorded from {TimeOf(report.From, "yyyy-MM-dd HH:mm:ss")} to {TimeOf(report.To, "yyyy-MM-dd HH:mm:ss")}");
        text.Append($" under configuration {string.Join(", ", report.Revisions)}; decided again by ");
        text.Append(report.Revision is { } revision ? $"configuration {revision}.\n" : "the same.\n");
        if (!report.IsWhole)
        {
            text.Append("The recording does not begin with the start of the gateway, or has a gap: ")
                .Append("the first ten minutes after that are an estimate.\n");
        }

        if (report.Unknown.Count > 0)
        {
            text.Append("Not in the configuration, so that what was recorded of them has no effect: ")
                .Append($"{string.Join(", ", report.Unknown)}.\n");
        }

        foreach (var row in report.Transitions)
        {
            text.Append(
                CultureInfo.InvariantCulture, $"\n  {TimeOf(row.At, "yyyy-MM-dd HH:mm:ss.fff")}  {WhoseOf(row),-9} {row.Cluster}: ");
            text.Append($"{row.From ?? "none"} → {row.To ?? "none"} ({row.Reason.ToString().ToLowerInvariant()}): {row.Evidence}");
        }

        var recorded = report.Transitions.Count(static row => row.IsRecorded);
        var replayed = report.Transitions.Count(static row => row.IsReplayed);
        var same = report.Transitions.Count(static row => row is { IsRecorded: true, IsReplayed: true });
        text.Append(report.Transitions.Count > 0 ? "\n\n" : "\n");
        text.Append(CultureInfo.InvariantCulture, $"Transitions: {recorded} recorded, {replayed} replayed, {same} the same.\n");

        // A recording may come from anywhere: nothing in it may steer the terminal.
        return string.Concat(text.ToString().Select(static c => char.IsControl(c) && c != '\n' ? '?' : c));
    }

    private static string WhoseOf(ReplayRow row) => row switch
    {
        { IsRecorded: true, IsReplayed: true } => "both",
        { IsRecorded: true } => "recorded",
        _ => "replayed",
    };

    private static string TimeOf(DateTimeOffset at, string format) => at.UtcDateTime.ToString(format, CultureInfo.InvariantCulture) + "Z";
}
