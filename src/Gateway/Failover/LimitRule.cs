namespace Gateway.Failover;

/// <summary>
/// How many requests a tier of unknown size may carry (<c>capacity: auto</c>): the gradient of its response times, after Netflix's
/// concurrency-limits (Gradient2) and Envoy's adaptive concurrency filter. While response times are near the best that were measured, the
/// limit grows by its square root; as they grow, it shrinks in proportion. Until load first shows it doubles. Pure.
/// </summary>
internal static class LimitRule
{
    /// <summary>The limit of a tier of which nothing is known.</summary>
    public const double First = 20;

    /// <summary>Fewer could not tell slow from idle.</summary>
    public const double Least = 4;

    /// <summary>More is no limit.</summary>
    public const double Most = 100_000;

    /// <summary>The part of a step that is taken at once: one odd window moves little.</summary>
    private const double Step = 0.2;

    /// <summary>Response times may be so many times the best before the limit stops growing.</summary>
    private const double Tolerance = 1.25;

    /// <summary>Near enough to the best to confirm it.</summary>
    private const double Confirms = 1.1;

    /// <summary>
    /// A best response time that nothing has confirmed for so long is measured again: for one window half as many requests of the less
    /// important levels are let in and, unless that confirms it, for another one half as many of all.
    /// </summary>
    private static readonly TimeSpan MeasureAfter = TimeSpan.FromSeconds(60);

    /// <summary>The state at the begin.</summary>
    public static LimitState Begin { get; } = new(First, default, default, null, IsRising: true);

    /// <summary>The state after a window.</summary>
    /// <param name="state">The state before it.</param>
    /// <param name="median">The median response time of the window.</param>
    /// <param name="mostInFlight">Most requests that were in flight at once in it.</param>
    /// <param name="now">The time.</param>
    /// <param name="draw">From 0 to 1: gateways that began together do not measure together.</param>
    public static LimitState Next(LimitState state, TimeSpan median, int mostInFlight, TimeSpan now, double draw)
    {
        var due = now + (MeasureAfter * (0.75 + (0.5 * draw)));

        // 1. A window in which half as many were let in says anew what the best is.
        if (state.Before is { } before)
        {
            return new LimitState(before, median, due, null);
        }

        // 2. The best response time, and whether it is still true: asked first of the less important levels, which cost users less.
        var best = state.Best == default || median < state.Best ? median : state.Best;
        due = median <= best * Confirms ? due : state.MeasureAt;
        if (state.SparesHigh)
        {
            return now < due
                ? state with { Best = best, MeasureAt = due, SparesHigh = false }
                : new LimitState(Math.Max(Least, state.Limit / 2), best, due, state.Limit);
        }

        if (now >= due)
        {
            return state with { Best = best, SparesHigh = true };
        }

        // 3. What was not asked for shows nothing: neither that more fits, nor that it is load that makes the tier slow.
        if (mostInFlight < state.Limit / 2)
        {
            return state with { Best = best, MeasureAt = due };
        }

        // 4. Until load first shows the limit doubles: after a failover the tier's size has to be found in seconds.
        var gradient = Math.Clamp(Tolerance * (best / median), 0.5, 1);
        if (state.IsRising && gradient >= 1)
        {
            return new LimitState(Math.Min(Most, state.Limit * 2), best, due, null, IsRising: true);
        }

        // 5. The gradient, and room to grow.
        var target = (state.Limit * gradient) + Math.Sqrt(state.Limit);
        return new LimitState(Math.Clamp(state.Limit + ((target - state.Limit) * Step), Least, Most), best, due, null);
    }
}

/// <summary>What is known of a tier's size.</summary>
/// <param name="Limit">Requests that it may have in flight.</param>
/// <param name="Best">The best median response time that was measured; zero: none yet.</param>
/// <param name="MeasureAt">When it is measured again, unless it is confirmed.</param>
/// <param name="Before">The limit before a measurement that is under way; null: none is.</param>
/// <param name="IsRising">No load has shown yet: the limit doubles.</param>
internal readonly record struct LimitState(double Limit, TimeSpan Best, TimeSpan MeasureAt, double? Before, bool IsRising = false)
{
    /// <summary>A measurement is under way that only levels which leave room for more important ones are held back for.</summary>
    public bool SparesHigh { get; init; }

    /// <summary>The limit for the levels that leave room for more important ones.</summary>
    public double LimitOfOthers => SparesHigh ? Limit / 2 : Limit;
}
