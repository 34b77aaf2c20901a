namespace Gateway.Observability.Metrics;

/// <summary>The figures of forecasts and of their score; part of <see cref="Instruments"/>.</summary>
internal static class ForecastFigures
{
    /// <summary>The families, read from <paramref name="state"/> at each scrape.</summary>
    public static IEnumerable<MetricFamily> Of(Func<StateReadings> state) =>
    [
        MetricFamily.Gauge(
            "gateway_forecast_probability",
            "Probability that a destination cannot serve within 5 minutes, 0 to 1; absent with forecast: off.",
            () =>
            [.. state().Forecasts().Select(static f => new Sample(
                f.Probability,
                new(Instruments.ClusterLabel, f.Cluster),
                new(Instruments.DestinationLabel, f.Destination)))]),
        Score(
            state,
            "gateway_forecast_precision_ratio",
            "Share of a cluster's forecast alarms that came true, 0 to 1.",
            static s => s.Precision),
        Score(
            state,
            "gateway_forecast_recall_ratio",
            "Share of the failures of a cluster's destinations that an alarm had foretold, 0 to 1.",
            static s => s.Recall),
        Score(
            state,
            "gateway_forecast_lead_seconds",
            "Median time from an alarm to the failure that it foretold, in seconds.",
            static s => s.MedianLead?.TotalSeconds),
        Score(
            state,
            "gateway_forecast_brier_score",
            "Mean squared error of a cluster's forecasts, 0 to 1; 0 is best.",
            static s => s.Brier),
        Score(
            state,
            "gateway_forecast_false_alarms_per_week",
            "Forecast alarms that did not come true, of a destination in a week.",
            static s => s.FalseAlarmsPerWeek),
    ];

    private static MetricFamily Score(
        Func<StateReadings> state, string name, string help, Func<ForecastScoreReading, double?> figure) =>
        MetricFamily.Gauge(name, help, () =>
        [.. from score in state().ForecastScores()
            let value = figure(score)
            where value is not null
            select new Sample(value.GetValueOrDefault(), new KeyValuePair<string, object?>(Instruments.ClusterLabel, score.Cluster))]);
}
