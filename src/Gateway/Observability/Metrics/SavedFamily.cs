namespace Gateway.Observability.Metrics;

/// <summary>What saved users' requests, in metrics.</summary>
internal static class SavedFamily
{
    /// <summary>The family of all routes.</summary>
    public static MetricFamily Of(Func<IEnumerable<RouteMeter>> routes) => MetricFamily.Counter(
        "gateway_saved_total",
        "Users' requests that would have failed without the gateway, by what saved them.",
        () =>
        [
            .. from route in routes()
               from cause in Enum.GetValues<SavedBy>()
               where cause != SavedBy.None
               let count = route.SavedSoFar(cause)
               where count > 0
               select new Sample(count, new(Instruments.RouteLabel, route.Route), new(Instruments.ByLabel, SavedSums.Names[(int)cause])),
        ]);
}
