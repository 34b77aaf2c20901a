using System.Globalization;
using System.Text;
using Gateway.Admin.Status;

namespace Gateway.Cli;

/// <summary>Proofs and scheduled drills for a terminal.</summary>
internal static class ProofReportText
{
    private const int Indent = 20;

    /// <summary>All of it.</summary>
    public static string Of(ProofReport report)
    {
        var text = new StringBuilder();
        foreach (var cluster in report.Proofs.GroupBy(static proof => proof.Cluster, StringComparer.Ordinal))
        {
            text.Append(text.Length > 0 ? "\n" : "").Append($"{cluster.Key}\n");
            foreach (var proof in cluster)
            {
                Columns.Append(
                    text, $"  {proof.Promise.Replace('_', ' '),-18}", $"{(proof.IsOld ? "OLD: " : "")}{proof.Text}", Indent);
            }
        }

        if (report.Proofs.Count == 0)
        {
            text.Append("No cluster has a second tier or destination: there is nothing to prove.\n");
        }

        if (report.Schedule.Count == 0)
        {
            return text.Append(
                "\nNo drill is scheduled. Add some under \"drills\" of the configuration; docs/scheduled-drills.md shows how.\n")
                .ToString();
        }

        text.Append("\nscheduled drills\n");
        foreach (var drill in report.Schedule)
        {
            Columns.Append(text, $"  {drill.Name,-18}", WhenOf(drill), Indent);
        }

        foreach (var run in report.Runs)
        {
            Columns.Append(
                text,
                string.Create(CultureInfo.InvariantCulture, $"  {run.At.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  "),
                $"{run.Name} of {run.Cluster}: {run.Result.ToString().ToLowerInvariant()}. {run.Text}",
                4);
        }

        return text.ToString();
    }

    private static string WhenOf(DrillLine drill) => drill switch
    {
        { Running: true } => "runs now",
        { NextBegin: null } or { NextEnd: null } => "has no window within a year",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"{(drill.RanInWindow ? "ran in the window" : "window")} {drill.NextBegin.Value.UtcDateTime:yyyy-MM-dd HH:mm}Z to "
                + $"{drill.NextEnd.Value.UtcDateTime:yyyy-MM-dd HH:mm}Z{(drill.WhyNot is { } why ? $"; not yet, because {why}" : "")}"),
    };
}
