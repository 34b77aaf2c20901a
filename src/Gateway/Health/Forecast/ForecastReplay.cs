using Gateway.Observability.History;

namespace Gateway.Health.Forecast;

/// <summary>
/// Runs recorded seconds through the code that makes and resolves forecasts, on the time that they were recorded at. Pure.
/// </summary>
internal static class ForecastReplay
{
    /// <summary>
    /// The forecasts that are over, in the order in which they ended. Where a destination's clock goes back, a gateway was started anew.
    /// </summary>
    public static IReadOnlyList<ForecastRecord> Of(IEnumerable<RecordedSecond> seconds)
    {
        var destinations = new Dictionary<(string Cluster, string Destination), (DestinationForecast Forecast, TimeSpan At)>();
        var records = new List<ForecastRecord>();
        foreach (var second in seconds)
        {
            var key = (second.Cluster, second.Destination);
            var forecast = destinations.TryGetValue(key, out var known) && second.At > known.At
                ? known.Forecast
                : new DestinationForecast(second.At);
            destinations[key] = (forecast, second.At);

            foreach (var happened in forecast.Observe(second.Sample, second.Limits, second.Serves, second.IsExcused, second.At))
            {
                if (happened.Outcome is { } outcome)
                {
                    var (said, madeAt) = (happened.Assessment, second.Utc - happened.Age);
                    records.Add(new ForecastRecord(madeAt, second.Cluster, second.Destination, said.Probability, outcome, happened.Age)
                    {
                        Id = records.Count + 1,
                        IsAlarm = happened.IsAlarm,
                        Reason = happened.IsAlarm ? said.Reason : "",
                    });
                }
            }
        }

        return records;
    }
}
