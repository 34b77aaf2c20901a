namespace Gateway.Observability.Metrics;

/// <summary>
/// How finely the durations of requests are shown: with many routes more coarsely, so that a scrape keeps to its series. Once coarser, it
/// stays so until the configuration changes.
/// </summary>
internal sealed class DurationSeries
{
    private int _step;

    /// <summary>The configuration changed: begins with the finest again.</summary>
    public void Reset() => Volatile.Write(ref _step, 0);

    /// <summary>The durations now, as finely as the series that are left allow.</summary>
    /// <param name="routes">The cells of all routes.</param>
    /// <param name="otherSeries">Series of the same scrape that are taken already.</param>
    /// <param name="limit">Series of a scrape.</param>
    public List<HistogramSample> Read(IEnumerable<RouteMeter> routes, int otherSeries, int limit)
    {
        var pairs = new List<(string Route, RequestOutcome Outcome, DurationCells Cells)>();
        foreach (var route in routes)
        {
            foreach (var outcome in Enum.GetValues<RequestOutcome>())
            {
                if (route.Durations(outcome) is { Count: > 0 } cells)
                {
                    pairs.Add((route.Route, outcome, cells));
                }
            }
        }

        var step = SeriesBudget.Step(Volatile.Read(ref _step), otherSeries, limit,
            pairs.Count, pairs.Count(static p => p.Outcome == RequestOutcome.Live), pairs.Select(static p => p.Outcome).Distinct().Count());
        Volatile.Write(ref _step, step);
        var (detail, bounds) = SeriesBudget.Steps[step];
        return
        [
            .. pairs
                .GroupBy(
                    p =>
                        (Route: OwnSeries(p.Outcome, detail)
                            ? p.Route
                            : Instruments.AllRoutes, Outcome: detail == DurationDetail.Together
                                ? Instruments.AllRoutes
                                : Instruments.OutcomeNames[(int)p.Outcome]),
                    static p => p.Cells)
                .Select(g => DurationCells.Read([
                    new(Instruments.RouteLabel, g.Key.Route),
                    new(Instruments.OutcomeLabel, g.Key.Outcome)
                ], bounds, g)),
        ];
    }

    private static bool OwnSeries(RequestOutcome outcome, DurationDetail detail) => detail switch
    {
        DurationDetail.EveryOutcome => true,
        DurationDetail.LiveByRoute => outcome == RequestOutcome.Live,
        _ => false,
    };
}
