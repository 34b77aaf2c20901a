namespace Gateway.Observability.Metrics;

/// <summary>The figures of clusters, tiers and destinations that are read from their state; part of <see cref="Instruments"/>.</summary>
internal static class ClusterFigures
{
    /// <summary>The families, read from <paramref name="state"/> at each scrape.</summary>
    public static IEnumerable<MetricFamily> Of(Func<StateReadings> state) =>
        [InFlight(state), .. DestinationsOf(state), .. SignalsOf(state), .. TiersOf(state), .. ObjectivesOf(state)];

    private static MetricFamily InFlight(Func<StateReadings> state) =>
        MetricFamily.Gauge("gateway_inflight", "Requests in flight to a tier.", () =>
            [
            .. state().Tiers().Select(static t => new Sample(
                t.InFlight,
                new(Instruments.ClusterLabel, t.Cluster),
                new(Instruments.TierLabel, t.Tier)))]);

    private static IEnumerable<MetricFamily> DestinationsOf(Func<StateReadings> state) =>
    [
        MetricFamily.Gauge("gateway_destination_up", "1 while a destination can serve, else 0.", () =>
            [.. state().Destinations().Select(static d => new Sample(d.Up ? 1 : 0,
                new(Instruments.ClusterLabel, d.Cluster), new(Instruments.TierLabel, d.Tier),
                new(Instruments.DestinationLabel, d.Destination)))]),
        MetricFamily.Gauge("gateway_destination_draining", "1 for each destination that an operator drains; none while none is.", () =>
            [.. from d in state().Destinations()
                where d.Draining
                select new Sample(
                    1,
                    new(Instruments.ClusterLabel, d.Cluster),
                    new(Instruments.TierLabel, d.Tier),
                    new(Instruments.DestinationLabel, d.Destination))]),
        MetricFamily.Gauge(
            "gateway_destination_weight",
            "The weight that an operator gave a destination in place of the configuration's; none while none did.",
            () =>
            [.. from d in state().Destinations()
                where d.OrderedWeight is not null
                select new Sample(
                    d.OrderedWeight.GetValueOrDefault(),
                    new(Instruments.ClusterLabel, d.Cluster),
                    new(Instruments.TierLabel, d.Tier),
                    new(Instruments.DestinationLabel, d.Destination))]),
        new(
            "gateway_destination_latency_seconds",
            "Time to a destination's response over about the last twenty seconds, in seconds.",
            MetricKind.Summary,
            () =>
            [.. from d in state().Destinations()
                from quantile in d.Latency?.Quantiles ?? []
                select new Sample(
                    quantile.Time.TotalSeconds,
                    new(Instruments.ClusterLabel, d.Cluster),
                    new(Instruments.DestinationLabel, d.Destination),
                    new(Instruments.QuantileLabel, quantile.Share))]),
        MetricFamily.Gauge("gateway_probe_age_seconds", "Time since a destination's last probe ended, in seconds.", () =>
            [.. from d in state().Destinations()
                where d.ProbeAge is not null
                select new Sample(
                    d.ProbeAge.GetValueOrDefault().TotalSeconds,
                    new(Instruments.ClusterLabel, d.Cluster),
                    new(Instruments.DestinationLabel, d.Destination))]),
    ];

    private static IEnumerable<MetricFamily> SignalsOf(Func<StateReadings> state) =>
    [
        MetricFamily.Gauge(
            "gateway_signal",
            "1 while a signal of a destination fires, 0 while it does not; none while it has no data.",
            () =>
            [.. from d in state().Destinations()
                from s in d.Signals ?? []
                select new Sample(
                    s.Fires ? 1 : 0,
                    new(Instruments.ClusterLabel, d.Cluster),
                    new(Instruments.DestinationLabel, d.Destination),
                    new(Instruments.SignalLabel, s.Signal))]),
        MetricFamily.Gauge(
            "gateway_signal_weight_ratio",
            "The share of its weight that signals leave a destination; none while they leave all of it.",
            () =>
            [.. from d in state().Destinations()
                where d.SignalShare is not null
                select new Sample(
                    d.SignalShare.GetValueOrDefault(),
                    new(Instruments.ClusterLabel, d.Cluster),
                    new(Instruments.DestinationLabel, d.Destination))]),
    ];

    private static IEnumerable<MetricFamily> TiersOf(Func<StateReadings> state) =>
    [
        MetricFamily.Gauge("gateway_active_tier", "1 for the tier that serves a cluster, else 0; all 0 when none can.", () =>
            [
            .. state().Tiers().Select(static t => new Sample(
                t.Active ? 1 : 0,
                new(Instruments.ClusterLabel, t.Cluster),
                new(Instruments.TierLabel, t.Tier)))]),
        MetricFamily.Gauge("gateway_hold", "1 for each tier that an operator holds; none while none is.", () =>
            [.. from t in state().Tiers()
                where t.Held
                select new Sample(1, new(Instruments.ClusterLabel, t.Cluster), new(Instruments.TierLabel, t.Tier))]),
        MetricFamily.Gauge("gateway_tier_share", "A tier's share of new requests, 0 to 1.", () =>
            [
            .. state().Tiers().Select(static t => new Sample(
                t.Share,
                new(Instruments.ClusterLabel, t.Cluster),
                new(Instruments.TierLabel, t.Tier)))]),
    ];

    private static IEnumerable<MetricFamily> ObjectivesOf(Func<StateReadings> state) =>
    [
        MetricFamily.Gauge("gateway_availability_ratio", "Share of a cluster's requests that a tier answered, 0 to 1.", () =>
            [
            .. state().Availability().Select(static a => new Sample(
                a.Ratio,
                new(Instruments.ClusterLabel, a.Cluster),
                new(Instruments.WindowLabel, a.Window)))]),
        MetricFamily.Gauge("gateway_mtbf_seconds", "Mean time between a cluster's failures over 30 days, in seconds.", () =>
            [.. from r in state().Reliability()
                where r.BetweenFailures is not null
                select new Sample(
                    r.BetweenFailures.GetValueOrDefault().TotalSeconds,
                    new KeyValuePair<string, object?>(Instruments.ClusterLabel, r.Cluster))]),
        MetricFamily.Gauge("gateway_mttr_seconds", "Mean time to a cluster's repair over 30 days, in seconds.", () =>
            [.. from r in state().Reliability()
                where r.ToRepair is not null
                select new Sample(
                    r.ToRepair.GetValueOrDefault().TotalSeconds,
                    new KeyValuePair<string, object?>(Instruments.ClusterLabel, r.Cluster))]),
        MetricFamily.Counter(
            "gateway_slo_requests_total",
            "Requests that count for a cluster's error budget, by whether they met the objective.",
            () =>
            [.. from s in state().Slo()
                from good in new[] { true, false }
                select new Sample(
                    good ? s.Good : s.Bad,
                    new(Instruments.ClusterLabel, s.Cluster),
                    new(Instruments.GoodLabel, good ? "true" : "false"))]),
        MetricFamily.Gauge("gateway_slo_ratio", "The target of a cluster's error budget, 0 to 1.", () =>
            [
            .. state().Slo().Select(static s => new Sample(
                s.Target,
                new KeyValuePair<string, object?>(Instruments.ClusterLabel, s.Cluster)))]),
    ];
}
