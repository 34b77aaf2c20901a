namespace Gateway.Observability.Metrics;

/// <summary>The figures of what is lost and of what comes next; part of <see cref="Instruments"/>.</summary>
internal static class OutlookFigures
{
    /// <summary>The families, read from <paramref name="state"/> at each scrape.</summary>
    public static IEnumerable<MetricFamily> Of(Func<StateReadings> state) =>
    [
        new("gateway_tier_degraded", "1 while a tier has lost destinations, else 0.", MetricKind.Gauge, () =>
            [
            .. state().Tiers().Select(static t => new Sample(
                t.Degraded ? 1 : 0,
                new(Instruments.ClusterLabel, t.Cluster),
                new(Instruments.TierLabel, t.Tier)))]),
        new(
            "gateway_next_change_seconds",
            "Time until another tier serves or gets all requests, or none can serve, in seconds; absent while no such change is due.",
            MetricKind.Gauge,
            () =>
            [
            .. state().NextChanges().Select(static c => new Sample(
                Math.Max(0, c.In.TotalSeconds),
                new KeyValuePair<string, object?>(Instruments.ClusterLabel, c.Cluster)))]),
    ];
}
