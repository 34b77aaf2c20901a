using System.Globalization;
using System.Text;
using Gateway.Admin.Status;
using Gateway.Observability.History;

namespace Gateway.Cli;

/// <summary>Availability for a terminal.</summary>
internal static class AvailabilityText
{
    /// <summary>Each cluster with its forecast.</summary>
    public static string Of(IEnumerable<ClusterAvailability> clusters)
    {
        var text = new StringBuilder();
        foreach (var (cluster, m, forecast) in clusters)
        {
            text.Append($"{cluster}, last {m.Window}, observed for {Span(m.Observed)}\n");
            Columns.Append(
                text,
                "  by requests      ",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Percent(m.ByRequests)} answered by a tier{(m.Nines is { } nines ? $" ({nines:0.0} nines)" : "")}; "
                        + $"{Percent(m.Answered)} with the fallback chain's help"),
                19);
            Columns.Append(
                text,
                "  requests         ",
                $"{m.Requests.Live} live, {m.Requests.Degraded} degraded, {m.Requests.Failed} failed; not judged: {m.Requests.Refused} "
                    + $"refused, {m.Requests.Aborted} aborted",
                19);
            text.Append($"  by time          {Percent(m.ByTime)}, {Span(m.Downtime)} without a tier\n");
            Columns.Append(
                text,
                "  outages          ",
                $"{m.Failures}; between them {Span(m.BetweenFailures)}, to repair {Span(m.ToRepair)}"
                    + $"{(m.FailureRate is { } rate ? string.Create(CultureInfo.InvariantCulture, $", {rate:0.####} an hour") : "")}",
                19);
            Saved(text, m);
            if (!m.IsEnough)
            {
                text.Append(
                    $"  error budget     too little data: {Span(m.Observed)} observed\n  forecast         too little data: "
                        + $"{Span(m.Observed)} observed\n");
                continue;
            }

            Outlook(text, m, forecast);
        }

        return text.ToString();
    }

    private static void Outlook(StringBuilder text, Availability m, IReadOnlyList<ForecastRow> forecast)
    {
        text.Append(m.BudgetLeft is < 0 and { } left
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"  error budget     overspent: {1 - left:0.#} times the {Percent(1 - m.Slo)} that were allowed\n")
            : $"  error budget     {Percent(m.BudgetLeft)} left of {Percent(1 - m.Slo)}\n");
        if (forecast.Count == 0)
        {
            Columns.Append(
                text,
                "  forecast         ",
                "none: the first tier did not fail in this window, so that no rate can be measured",
                19);
        }

        foreach (var row in forecast)
        {
            Columns.Append(
                text,
                "  forecast         ",
                $"{Percent(row.Availability)}, {Span(row.DownAMonth)} a month without a tier: {row.SetUp}",
                19);
        }
    }

    private static void Saved(StringBuilder text, Availability measured)
    {
        if (measured.Requests.Judged == 0)
        {
            return;
        }

        var saved = measured.Requests.Saved;
        text.Append(CultureInfo.InvariantCulture, $"  saved            {saved.Total:N0} request{(saved.Total == 1 ? "" : "s")}");
        text.Append(saved.Total > 0 ? ": " : "").Append(SavedText.Of(saved));
        text.Append($"\n  without gateway  {Percent(measured.WithoutGateway)} answered; with it {Percent(measured.Answered)}\n");
    }

    private static string Percent(double? ratio) =>
        ratio is { } r ? (Math.Floor((100_000 * r) + 1e-6) / 1000).ToString("0.###", CultureInfo.InvariantCulture) + " %" : "not measured";

    private static string Span(TimeSpan? span) => span switch
    {
        null => "not measured",
        { TotalSeconds: < 90 } t => t.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s",
        { TotalMinutes: < 90 } t => t.TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture) + " min",
        { TotalHours: < 48 } t => t.TotalHours.ToString("0.#", CultureInfo.InvariantCulture) + " h",
        { } t => t.TotalDays.ToString("0.#", CultureInfo.InvariantCulture) + " days",
    };
}
