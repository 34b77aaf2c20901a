namespace Gateway.Observability.Metrics;

/// <summary>The series of <c>gateway_requests_total</c>. Sums over the routes are the same however finely it is shown.</summary>
internal static class RequestSeries
{
    /// <summary>The metric.</summary>
    public const string Name = "gateway_requests_total";

    /// <summary>What occurred so far.</summary>
    public static IReadOnlyList<Sample> Of(IEnumerable<RouteMeter> routes, RequestDetail detail)
    {
        var sums = new SortedDictionary<(string Route, int Outcome, int Code), long>();
        foreach (var route in routes)
        {
            foreach (var outcome in Enum.GetValues<RequestOutcome>())
            {
                for (var code = 0; code < Instruments.CodeNames.Length; code++)
                {
                    if (route.Requests(outcome, code) is > 0 and var count)
                    {
                        var key = (HasOwn(route.Route, outcome, detail) ? route.Route : Instruments.AllRoutes, (int)outcome, code);
                        sums[key] = sums.GetValueOrDefault(key) + count;
                    }
                }
            }
        }

        return
        [
            .. sums.Select(static sum => new Sample(
                sum.Value,
                new(Instruments.RouteLabel, sum.Key.Route),
                new(Instruments.OutcomeLabel, Instruments.OutcomeNames[sum.Key.Outcome]),
                new(Instruments.CodeLabel, Instruments.CodeNames[sum.Key.Code]))),
        ];
    }

    // Requests that no route takes are few series, and nothing else tells of them.
    private static bool HasOwn(string route, RequestOutcome outcome, RequestDetail detail) =>
        detail == RequestDetail.ByRoute
        || (detail == RequestDetail.RareTogether && outcome is RequestOutcome.Live or RequestOutcome.Failed)
        || string.Equals(route, Instruments.UnmatchedRoute, StringComparison.Ordinal);
}
