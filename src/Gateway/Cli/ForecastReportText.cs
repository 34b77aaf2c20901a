using System.Globalization;
using System.Text;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Gateway.Observability.History;

namespace Gateway.Cli;

/// <summary>Forecasts and their score for a terminal.</summary>
internal static class ForecastReportText
{
    private const int Indent = 19;

    /// <summary>Each cluster.</summary>
    public static string Of(ForecastReport report)
    {
        var text = new StringBuilder();
        foreach (var cluster in report.Clusters)
        {
            text.Append($"{cluster.Cluster}, forecast: {cluster.Mode.ToString().ToLowerInvariant()}{Acting(cluster)}\n");
            if (cluster.Mode == ForecastMode.Off)
            {
                continue;
            }

            foreach (var destination in cluster.Destinations)
            {
                Columns.Append(text, "  now              ", NowOf(destination, report.HorizonSeconds), Indent);
            }

            Score(text, cluster.Score);
            foreach (var past in cluster.Recent.Take(5))
            {
                Columns.Append(text, "  earlier          ", PastOf(past), Indent);
            }
        }

        return text.ToString();
    }

    private static string Acting(ClusterForecast cluster) => cluster switch
    {
        { Mode: not ForecastMode.Act } => "",
        { Acts: true } => " (acts: the score has earned it)",
        _ => " (only advises: the precision is not proven to be 50 % or more)",
    };

    private static string NowOf(DestinationForecastStatus destination, double horizon) => string.Create(
        CultureInfo.InvariantCulture,
        $"{destination.Destination} of {destination.Tier}: {Percent(destination.Probability)} that it cannot serve"
        + $" within {horizon / 60:0} min")
        + (destination.Reason.Length > 0 ? $", {destination.Reason}" : "")
        + (destination.AlarmSince is { } since ? $"; alarm since {TimeOf(since, "HH:mm:ss")}: {destination.AlarmReason}" : "")
        + (destination.ActedOn ? "; it gets fewer requests" : "");

    private static string TimeOf(DateTimeOffset at, string format) => at.UtcDateTime.ToString(format, CultureInfo.InvariantCulture) + "Z";

    private static void Score(StringBuilder text, ForecastScoreStatus score)
    {
        var failures = score.Missed == 1 ? "1 failure was not foretold" : Number(score.Missed, "failures were not foretold");
        Columns.Append(
            text,
            "  alarms           ",
            $"{Number(score.Hits, "came true")}, {Number(score.FalseAlarms, "did not")},"
            + $" {Number(score.TooLate, "came too late")}; {failures}",
            Indent);
        var bound = score.Precision is null ? "" : $" (at least {Percent(score.PrecisionAtLeast)})";
        var precision = Percent(score.Precision) + bound;
        Append(text, "precision", $"{precision}, recall {Percent(score.Recall)}");
        Append(text, "median lead", Figure(score.MedianLeadSeconds, "0", " s"));
        var watched = Figure(score.WatchedHours, "0.#", " h");
        var weekly = Figure(score.FalseAlarmsPerWeek, "0.##", " of a destination in a week");
        Append(text, "false alarms", $"{weekly}, watched for {watched}");
        Append(text, "Brier score", Figure(score.Brier, "0.####", ""));
        foreach (var bin in score.Calibration)
        {
            var times = Number(bin.Count, bin.Count == 1 ? "time" : "times");
            Append(text, "calibration", $"said {Percent(bin.Said)}, came {Percent(bin.Came)}, {times}");
        }
    }

    private static void Append(StringBuilder text, string name, string words) => text.Append($"  {name,-17}{words}\n");

    private static string Number(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}");

    private static string Figure(double? figure, string format, string unit) =>
        figure is { } known ? known.ToString(format, CultureInfo.InvariantCulture) + unit : "not measured";

    private static string PastOf(PastForecast past) =>
        $"{TimeOf(past.MadeAt, "yyyy-MM-dd HH:mm:ss")} {past.Destination}: {OutcomeOf(past)}"
        + (past.Reason.Length > 0 ? $" ({past.Reason})" : "");

    private static string OutcomeOf(PastForecast past) => past.Outcome switch
    {
        ForecastOutcome.CameTrue => $"{Percent(past.Probability)}, came true after {Figure(past.AfterSeconds, "0", " s")}",
        ForecastOutcome.TooLate => $"{Percent(past.Probability)}, too late: {Figure(past.AfterSeconds, "0", " s")} ahead",
        ForecastOutcome.Missed => "failed, not foretold",
        _ => $"{Percent(past.Probability)}, did not come true",
    };

    private static string Percent(double? share) => Figure(share * 100, "0.#", " %");
}
