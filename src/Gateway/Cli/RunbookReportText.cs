using System.Globalization;
using System.Text;
using Gateway.Admin.Status;

namespace Gateway.Cli;

/// <summary>Runbooks and what they did for a terminal.</summary>
internal static class RunbookReportText
{
    private const int Indent = 15;

    /// <summary>Each runbook.</summary>
    public static string Of(RunbookReport report)
    {
        if (report.Runbooks.Count == 0)
        {
            return "There are no runbooks. Add some under \"runbooks\" of the configuration; docs/runbooks.md shows how.\n";
        }

        var text = new StringBuilder();
        foreach (var runbook in report.Runbooks)
        {
            text.Append(text.Length > 0 ? "\n" : "")
                .Append($"{runbook.Name}, mode: {runbook.Mode.ToString().ToLowerInvariant()}\n");
            Columns.Append(text, "  this week    ", runbook.Text, Indent);
            foreach (var refused in runbook.Refused)
            {
                Columns.Append(
                    text,
                    "  not done     ",
                    string.Create(CultureInfo.InvariantCulture, $"{refused.Count} x: {refused.Reason}"),
                    Indent);
            }

            Columns.Append(
                text,
                "  repair       ",
                $"with runs {Mean(runbook.WithRuns)}, without {Mean(runbook.WithoutRuns)} (30 days)",
                Indent);
            foreach (var past in runbook.Recent)
            {
                Columns.Append(
                    text,
                    string.Create(CultureInfo.InvariantCulture, $"  {past.At.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  "),
                    $"{past.Destination} of {past.Cluster} {past.Tier}: {past.Outcome.ToString().ToLowerInvariant()}, {past.Text}"
                    + (past.RepairSeconds is { } seconds
                        ? string.Create(CultureInfo.InvariantCulture, $"; well after {seconds:0.#} s")
                        : ""),
                    4);
            }
        }

        return text.ToString();
    }

    private static string Mean(RepairTime time) => time.MeanSeconds is { } mean
        ? string.Create(CultureInfo.InvariantCulture, $"{mean:0.#} s on average ({time.Faults})")
        : "not measured";
}
