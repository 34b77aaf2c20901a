using System.Globalization;
using System.Text;
using Gateway.Admin;

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
            text.Append(CultureInfo.InvariantCulture, $"  by requests      {Percent(m.ByRequests)} answered by a tier{(m.Nines is { } nines ? $" ({nines:0.0} nines)" : "")}; {Percent(m.Answered)} answered with the ladder's help\n");
            text.Append($"  requests         {m.Requests.Live} live, {m.Requests.Degraded} degraded, {m.Requests.Failed} failed; not judged: {m.Requests.Refused} refused, {m.Requests.Aborted} aborted\n");
            text.Append($"  by time          {Percent(m.ByTime)}, {Span(m.Downtime)} without a tier\n");
            text.Append($"  failures         {m.Failures}; between them {Span(m.BetweenFailures)}, to repair {Span(m.ToRepair)}{(m.FailureRate is { } rate ? string.Create(CultureInfo.InvariantCulture, $", {rate:0.####} an hour") : "")}\n");
            text.Append(m.BudgetLeft is < 0 and { } left
                ? string.Create(CultureInfo.InvariantCulture, $"  error budget     overspent: {1 - left:0.#} times the {Percent(1 - m.Slo)} that were allowed\n")
                : $"  error budget     {Percent(m.BudgetLeft)} left of {Percent(1 - m.Slo)}\n");
            if (forecast.Count == 0)
            {
                text.Append("  forecast         none: the first tier did not fail in this window, so that no rate can be measured\n");
            }

            foreach (var row in forecast)
            {
                text.Append($"  forecast         {Percent(row.Availability)}, {Span(row.DownAMonth)} a month without a tier: {row.SetUp}\n");
            }
        }

        return text.ToString();
    }

    private static string Percent(double? ratio) => ratio is { } r ? (100 * r).ToString("0.#####", CultureInfo.InvariantCulture) + " %" : "not measured";

    private static string Span(TimeSpan? span) => span switch
    {
        null => "not measured",
        { TotalSeconds: < 90 } t => t.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s",
        { TotalMinutes: < 90 } t => t.TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture) + " min",
        { TotalHours: < 48 } t => t.TotalHours.ToString("0.#", CultureInfo.InvariantCulture) + " h",
        { } t => t.TotalDays.ToString("0.#", CultureInfo.InvariantCulture) + " days",
    };
}
