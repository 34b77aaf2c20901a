namespace Gateway.Observability.Metrics;

/// <summary>How finely the request durations are shown.</summary>
internal enum DurationDetail
{
    /// <summary>Each route with each outcome has its own buckets.</summary>
    EveryOutcome,

    /// <summary>Each route has its own buckets for live responses; the other outcomes share <c>route="*"</c>.</summary>
    LiveByRoute,

    /// <summary>Every outcome has one histogram, with <c>route="*"</c>.</summary>
    ByOutcome,

    /// <summary>One histogram of all requests, with <c>route="*"</c> and <c>outcome="*"</c>.</summary>
    Together,
}

/// <summary>
/// Keeps a scrape within its series. Twenty routes by five outcomes by fifteen buckets alone would be 1,800: so the durations
/// take what the other figures leave, in steps that give up the least useful detail first. A step is never taken back before
/// the next configuration, so that a series does not come and go. Sums over the routes stay right at every step.
/// </summary>
internal static class SeriesBudget
{
    /// <summary>The steps from the finest to the coarsest.</summary>
    public static readonly (DurationDetail Detail, double[] Bounds)[] Steps =
    [
        (DurationDetail.EveryOutcome, DurationCells.Bounds),
        (DurationDetail.EveryOutcome, [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 60]),
        (DurationDetail.LiveByRoute, [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 60]),
        (DurationDetail.LiveByRoute, [0.005, 0.025, 0.1, 0.25, 1, 5, 60]),
        (DurationDetail.LiveByRoute, [0.025, 0.1, 0.25, 1, 5]),
        (DurationDetail.LiveByRoute, [0.1, 0.25, 1]),
        (DurationDetail.ByOutcome, [0.005, 0.025, 0.1, 0.25, 1, 5, 60]),
        (DurationDetail.ByOutcome, [0.1, 0.25, 1]),
        (DurationDetail.ByOutcome, [0.25]),
        (DurationDetail.Together, [0.1, 0.25, 1]),
    ];

    /// <summary>Series of the coarsest step.</summary>
    public static readonly int FewestDurations = Steps[^1].Bounds.Length + 3;

    /// <summary>
    /// Series that a scrape may have: 800 up to 20 routes and 20 destinations, 40 for each one of the larger number above that.
    /// </summary>
    public static int Limit(int routes, int destinations) => Math.Max(800, 40 * Math.Max(routes, destinations));

    /// <summary>The finest step, not before <paramref name="from"/>, that fits beside the other series; else the last one.</summary>
    /// <param name="from">The step now.</param>
    /// <param name="others">Series of all other figures.</param>
    /// <param name="limit">Series allowed.</param>
    /// <param name="pairs">Pairs of route and outcome that occurred.</param>
    /// <param name="liveRoutes">Routes that gave a live response.</param>
    /// <param name="outcomes">Outcomes that occurred on any route.</param>
    public static int Step(int from, int others, int limit, int pairs, int liveRoutes, int outcomes)
    {
        for (var step = from; step < Steps.Length; step++)
        {
            var (detail, bounds) = Steps[step];
            var sets = detail switch
            {
                DurationDetail.EveryOutcome => pairs,
                DurationDetail.LiveByRoute => liveRoutes + outcomes,
                DurationDetail.Together => Math.Min(1, outcomes),
                _ => outcomes,
            };
            if (others + (sets * (bounds.Length + 3)) <= limit)
            {
                return step;
            }
        }

        return Steps.Length - 1;
    }
}
