namespace Gateway.Observability.Metrics;

/// <summary>The figures of mirrored reads; part of <see cref="Instruments"/>.</summary>
internal static class MirrorFigures
{
    /// <summary>The families, read from <paramref name="state"/> at each scrape.</summary>
    public static IEnumerable<MetricFamily> Of(Func<StateReadings> state) =>
    [
        new(
            "gateway_mirrored_requests_total",
            "Reads that another tier got as well, by how its status compares with the first tier's: same, other, or none (no response).",
            MetricKind.Counter,
            () =>
            [.. state().Mirrors().Reads.Select(static m => new Sample(
                m.Count,
                new(Instruments.ClusterLabel, m.Cluster),
                new(Instruments.RouteLabel, m.Route),
                new(Instruments.TierLabel, m.Tier),
                new("status", NameOf(m.Result))))]),
        MetricFamily.Gauge(
            "gateway_mirror_difference",
            "1 while mirrored reads show that a tier responds otherwise than the first one: in status, type, shape, size or latency.",
            () =>
            [.. state().Mirrors().Differences.Select(static d => new Sample(
                1,
                new(Instruments.ClusterLabel, d.Cluster),
                new(Instruments.RouteLabel, d.Route),
                new(Instruments.TierLabel, d.Tier),
                new("kind", d.Kind)))]),
    ];

    private static string NameOf(MirrorResult result) => result switch
    {
        MirrorResult.SameStatus => "same",
        MirrorResult.OtherStatus => "other",
        _ => "none",
    };
}
