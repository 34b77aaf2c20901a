namespace Gateway.Health.Rules;

/// <summary>
/// Tells a destination that fails from a request that fails everywhere, where no request was tried twice: by what its neighbours make of
/// the same route (as Envoy's outlier detection compares success rates). Pure.
/// </summary>
internal static class NeighbourComparison
{
    /// <summary>
    /// So many standard errors apart are no chance: with five failures of five against five successes they are just that.
    /// </summary>
    private const double Apart = 3;

    /// <summary>True: the neighbour fails at most half as often, and the difference is no chance (test of two proportions).</summary>
    public static bool IsBetter(RouteCount neighbour, RouteCount own)
    {
        if (neighbour.Requests == 0 || own.Requests == 0 || neighbour.FailureShare * 2 > own.FailureShare)
        {
            return false;
        }

        var pooled = (double)(neighbour.Failures + own.Failures) / (neighbour.Requests + own.Requests);
        var error = Math.Sqrt(pooled * (1 - pooled) * ((1.0 / neighbour.Requests) + (1.0 / own.Requests)));
        return own.FailureShare - neighbour.FailureShare >= Apart * error;
    }
}

/// <summary>Successes and failures of one route at one destination.</summary>
internal readonly record struct RouteCount(long Successes, long Failures)
{
    public long Requests => Successes + Failures;

    public double FailureShare => Requests == 0 ? 0 : (double)Failures / Requests;

    public static RouteCount operator -(RouteCount now, RouteCount before) =>
        new(now.Successes - before.Successes, now.Failures - before.Failures);
}
