using System.Collections.Immutable;
using Gateway.Fleet;
using Gateway.Fleet.Canaries;

namespace Gateway.Hosting.Canaries;

/// <summary>
/// In a fleet: the routes on which users of the canary fare worse than before. What one small route suffers is little of all requests, and
/// a fault of the route everywhere is not the change's: the others are asked for their counts of the route, and both are compared from then
/// on. One owner at a time uses it.
/// </summary>
/// <param name="routes">The count of each route when the canary began, and the minutes before.</param>
internal sealed class RouteSuspects(IReadOnlyDictionary<string, (CanaryCounts AtStart, CanaryCounts Recent)> routes)
{
    private readonly List<SuspectedRoute> _suspects = [];

    /// <summary>The routes that the others are asked for.</summary>
    public ImmutableArray<string> Asked { get; private set; } = [];

    /// <summary>A route is being compared whose comparison is not over.</summary>
    /// <param name="now">Of a clock that never goes back.</param>
    public bool AreOpen(TimeSpan now) => _suspects.Any(one => one.IsOpen(now));

    /// <summary>How the change harms a route; null: that is not proved.</summary>
    /// <param name="now">Of a clock that never goes back.</param>
    /// <param name="own">What this gateway counted so far, by route.</param>
    /// <param name="others">The gateways with the earlier configuration; some.</param>
    /// <param name="exchange">The exchange in which they were heard.</param>
    /// <param name="isOver">The canary's time is over: what is known decides.</param>
    public string? HarmOf(
        TimeSpan now,
        IReadOnlyDictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> own,
        IReadOnlyDictionary<string, GatewayView> others,
        long exchange,
        bool isOver)
    {
        _suspects.RemoveAll(one => !own.ContainsKey(one.Route));
        if (!isOver)
        {
            // Later ones would keep the canary beyond its time, and beyond its lease.
            Suspect(now, own, exchange);
        }

        if (!Asked.SequenceEqual(_suspects.Select(static one => one.Id)))
        {
            Asked = [.. _suspects.Select(static one => one.Id)];
        }

        foreach (var suspect in _suspects)
        {
            if (suspect.HarmOf(own[suspect.Route].Sum, others, exchange, routes.Count + 1, now, isOver) is { } harm)
            {
                return $"of route '{suspect.Route}', {harm}";
            }
        }

        return null;
    }

    // Against the past alone, and by the narrower margin: it only asks.
    private void Suspect(TimeSpan now, IReadOnlyDictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> own, long exchange)
    {
        foreach (var (name, (atStart, recent)) in routes)
        {
            if (_suspects.Count < RouteOutcome.Most
                && !_suspects.Exists(one => string.Equals(one.Route, name, StringComparison.Ordinal))
                && recent.Requests >= CanaryRule.FewestToCompare
                && own.TryGetValue(name, out var counts)
                && (counts.Sum - atStart) is { IsSound: true } since
                && CanaryRule.HarmOf(since, recent, recent, fewest: 0) is not null)
            {
                _suspects.Add(new SuspectedRoute(name, recent, counts.Sum, now, exchange));
            }
        }
    }
}
