namespace Gateway.Observability.Metrics;

/// <summary>
/// The figures of the gateway itself that are read from its state: stored responses, alarms, the configuration in force; part of
/// <see cref="Instruments"/>.
/// </summary>
internal static class GatewayFigures
{
    private const int MaxCoverageRoutes = 10;

    /// <summary>The families, read from <paramref name="state"/> at each scrape.</summary>
    public static IEnumerable<MetricFamily> Of(Func<StateReadings> state) =>
    [
        MetricFamily.Gauge(
            "gateway_last_good_entries",
            "Last-good responses in memory.",
            () => Sample.OneOrNone(state().LastGood()?.Entries)),
        MetricFamily.Gauge(
            "gateway_last_good_bytes",
            "Memory that the last-good responses take, in bytes.",
            () => Sample.OneOrNone(state().LastGood()?.Bytes)),
        MetricFamily.Gauge(
            "gateway_last_good_coverage_ratio",
            "Share of the last hour's requests that a total outage could have answered, 0 to 1.",
            () =>
            CoverageOf(state().Coverage())),
        MetricFamily.Gauge("gateway_alarm", "1 for each part of the gateway itself that does not work; none while all do.", () =>
            [.. state()
                .Alarms()
                .Select(static a => a.Part)
                .Distinct(StringComparer.Ordinal)
                .Select(static p => new Sample(1, new KeyValuePair<string, object?>(Instruments.PartLabel, p)))]),
        MetricFamily.Counter(
            "gateway_log_dropped_total",
            "Lines of the log, or of the recording, that were dropped because what they go to could not keep up.",
            () =>
            [.. from drop in state().LogDrops()
                where drop.Count > 0
                select new Sample(drop.Count, new KeyValuePair<string, object?>(Instruments.ToLabel, drop.To))]),
        MetricFamily.Gauge("gateway_build_info", "1, with the version and the revision that runs.", () =>
            state().Build() is { } build ? [new(1, new("version", build.Version), new("revision", build.Revision))] : []),
        MetricFamily.Gauge(
            "gateway_config_reload_success",
            "1 while the newest configuration file is in force, 0 after one was refused.",
            () =>
            Sample.OneOrNone(state().Reload() is { } reload ? (reload.Success ? 1 : 0) : null)),
        MetricFamily.Gauge(
            "gateway_config_reload_timestamp_seconds",
            "When the configuration in force was applied, in seconds since 1970.",
            () =>
            Sample.OneOrNone(state().Reload()?.AppliedAt.ToUnixTimeMilliseconds() / 1000.0)),
        MetricFamily.Gauge(
            "gateway_certificate_expiry_seconds",
            "When a certificate of a public listener ends, in seconds since 1970.",
            () =>
            [
            .. state().Certificates().Select(static c => new Sample(
                c.EndsAt.ToUnixTimeSeconds(),
                new(Instruments.ListenLabel, c.Listen),
                new(Instruments.FileLabel, c.File)))]),
        MetricFamily.Gauge(
            "gateway_rate_limits_shared",
            "1 while the gateways of the fleet count together for rate limits, 0 while this one counts alone.",
            () => Sample.OneOrNone(state().LimitsShared() is { } shared ? (shared ? 1 : 0) : null)),
        MetricFamily.Gauge(
            "gateway_redis_up",
            "1 while Redis answers, else 0.",
            () => Sample.OneOrNone(state().RedisUp() is { } up ? (up ? 1 : 0) : null)),
    ];

    // With many routes one figure for all of them, so that a scrape keeps to its series; which form is shown depends on the configuration
    // alone.
    private static Sample[] CoverageOf(IReadOnlyList<RouteCoverage> routes)
    {
        var shown = routes.Count <= MaxCoverageRoutes
            ? routes
            : [new RouteCoverage(Instruments.AllRoutes, routes.Sum(static r => r.Requests), routes.Sum(static r => r.Covered))];
        return
        [
            .. from route in shown
               where route.Requests > 0
               select new Sample(
                   (double)route.Covered / route.Requests,
                   new KeyValuePair<string, object?>(Instruments.RouteLabel, route.Route)),
        ];
    }
}
