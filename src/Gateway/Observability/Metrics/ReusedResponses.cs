namespace Gateway.Observability.Metrics;

/// <summary>Why a request got a response that another one brought, in health.</summary>
internal enum ReuseReason
{
    /// <summary>An equal read was in flight.</summary>
    Collapse,

    /// <summary>A stored response is young enough for <c>staleWhileRevalidate</c>.</summary>
    Stale,
}

/// <summary>The figures of <see cref="ReuseReason"/>.</summary>
internal static class ReusedResponses
{
    /// <summary>By <see cref="ReuseReason"/>.</summary>
    public static readonly string[] Names = ["collapse", "stale_while_revalidate"];

    /// <summary>The family of all routes.</summary>
    public static MetricFamily Family(Func<IEnumerable<RouteMeter>> routes) => MetricFamily.Counter(
        "gateway_reused_responses_total",
        "Requests that got a response which another request brought, in health, by reason.",
        () =>
        [
            .. from route in routes()
               from reason in Enum.GetValues<ReuseReason>()
               let count = route.ReusedSoFar(reason)
               where count > 0
               select new Sample(count, new(Instruments.RouteLabel, route.Route), new(Instruments.ByLabel, Names[(int)reason])),
        ]);
}
