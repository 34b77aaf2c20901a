using Gateway.LastGood.Keys;

namespace Gateway.LastGood;

/// <summary>
/// How long a stored response is recent enough to be left as it is: <c>lastGood.refreshEvery</c>, and at most a second while a destination
/// of the route's cluster is forecast to fail, so that what users get after the failure is what was true just before it.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="isFailureForecast">Something is done about a forecast for a cluster.</param>
internal sealed class RefreshRule(TimeProvider time, Func<string, bool> isFailureForecast)
{
    /// <summary>In the clock's ticks.</summary>
    public long TicksFor(CacheKeyTemplate plan)
    {
        var usual = plan.RefreshTicks(time);
        return usual > time.TimestampFrequency && isFailureForecast(plan.Route.Cluster) ? time.TimestampFrequency : usual;
    }
}
