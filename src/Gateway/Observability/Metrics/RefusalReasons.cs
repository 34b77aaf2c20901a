namespace Gateway.Observability.Metrics;

/// <summary>The reasons in metrics.</summary>
internal static class RefusalReasons
{
    /// <summary>By <see cref="RefusalReason"/>.</summary>
    public static readonly string[] Names = ["denied", "rate_limited", "client_busy"];

    /// <summary>The family of all routes' refusals.</summary>
    public static MetricFamily Family(Func<IEnumerable<RouteMeter>> routes) =>
        MetricFamily.Counter("gateway_refused_total", "Requests that a rule of their route refused, by reason.", () =>
        [.. from route in routes()
            from reason in Enum.GetValues<RefusalReason>()
            let count = route.RefusedSoFar(reason)
            where count > 0
            select new Sample(count, new(Instruments.RouteLabel, route.Route), new(Instruments.ReasonLabel, Names[(int)reason]))]);
}
