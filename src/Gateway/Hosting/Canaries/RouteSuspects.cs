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
    /// <summary>For so long the end of the canary waits for what the others say of a route.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<Suspect> _suspects = [];

    /// <summary>The routes that the others are asked for.</summary>
    public ImmutableArray<string> Asked { get; private set; } = [];

    /// <summary>A route is being compared whose comparison is not over.</summary>
    /// <param name="now">Of a clock that never goes back.</param>
    public bool AreOpen(TimeSpan now) => _suspects.Any(one => one.Doubt is not null || now - one.Since < Patience);

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
        Suspicions(now, own, exchange);
        foreach (var suspect in _suspects)
        {
            var isPatienceOver = isOver && now - suspect.Since >= Patience;
            if (suspect.HarmOf(own[suspect.Route].Sum, others, exchange, routes.Count + 1, isPatienceOver) is { } harm)
            {
                return $"of route '{suspect.Route}', {harm}";
            }
        }

        return null;
    }

    // Against the past alone, and by the narrower margin: it only asks.
    private void Suspicions(TimeSpan now, IReadOnlyDictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> own, long exchange)
    {
        _suspects.RemoveAll(one => !own.ContainsKey(one.Route));
        foreach (var (name, (atStart, recent)) in routes)
        {
            if (_suspects.Count < RouteOutcome.Most
                && !_suspects.Exists(one => string.Equals(one.Route, name, StringComparison.Ordinal))
                && recent.Requests >= CanaryRule.FewestToCompare
                && own.TryGetValue(name, out var counts)
                && (counts.Sum - atStart) is { IsSound: true } since
                && CanaryRule.HarmOf(since, recent, recent, fewest: 0) is not null)
            {
                _suspects.Add(new Suspect(name, recent, counts.Sum, now, exchange));
            }
        }

        if (Asked.Length != _suspects.Count)
        {
            Asked = [.. _suspects.Select(static one => one.Id)];
        }
    }

    /// <summary>A route on which users fare worse than before.</summary>
    /// <param name="route">Its name.</param>
    /// <param name="recent">The minutes before.</param>
    /// <param name="own">What this gateway had counted of it when it became one.</param>
    /// <param name="since">Since when it is one.</param>
    /// <param name="exchange">The last exchange before that.</param>
    private sealed class Suspect(string route, CanaryCounts recent, CanaryCounts own, TimeSpan since, long exchange)
    {
        private CanaryCounts _own = own;
        private IReadOnlyDictionary<string, CanaryCounts>? _others;

        public string Route => route;

        public string Id { get; } = RouteOutcome.IdOf(route);

        public TimeSpan Since => since;

        /// <summary>What looks like harm is being compared with what the others count later.</summary>
        public FleetDoubt? Doubt { get; private set; }

        public string? HarmOf(
            CanaryCounts counts, IReadOnlyDictionary<string, GatewayView> others, long now, int parts, bool isOver)
        {
            if (_others is null)
            {
                // Both are counted from the same moment on: a fault of all that was over by then speaks against none of them.
                if (now - exchange >= FleetDoubt.Fresh && others.Values.Any(one => CountsOf(one) is not null))
                {
                    _others = others.Where(one => CountsOf(one.Value) is not null)
                        .ToDictionary(static one => one.Key, one => CountsOf(one.Value)!.Value, StringComparer.Ordinal);
                    _own = counts;
                }

                // No other has the route, or none says so.
                return isOver && _others is null ? HarmBesideNone(counts - _own, parts) : null;
            }

            if (Doubt is null)
            {
                if (Compared(counts - _own, others, parts, isOver) is not null)
                {
                    Doubt = new FleetDoubt(counts, now);
                }

                return null;
            }

            if (!Doubt.IsSettledBy(others, now))
            {
                return null;
            }

            var settled = Doubt.Own - _own;
            Doubt = null;
            return Compared(settled, others, parts, isOver);
        }

        private string? HarmBesideNone(CanaryCounts added, int parts) =>
            added.IsSound ? CanaryRule.HarmOf(added, recent, default, parts) : null;

        // While there is time, the others decide. Then the past does, if they had next to nothing and nothing of that ended badly.
        private string? Compared(CanaryCounts added, IReadOnlyDictionary<string, GatewayView> others, int parts, bool isOver)
        {
            var sum = default(CanaryCounts);
            foreach (var (id, gateway) in others)
            {
                if (_others!.TryGetValue(id, out var before)
                    && CountsOf(gateway) is { } after
                    && (after - before) is { IsSound: true } more)
                {
                    sum += more;
                }
            }

            return added.IsSound
                ? CanaryRule.HarmOf(added, recent, sum, parts, isOver && sum is { Failed: 0, Rejected: 0 } ? CanaryRule.FewestToCompare : 0)
                : null;
        }

        private CanaryCounts? CountsOf(GatewayView gateway)
        {
            foreach (var one in gateway.Routes)
            {
                if (string.Equals(one.Route, Id, StringComparison.Ordinal))
                {
                    return one.Counts;
                }
            }

            return null;
        }
    }
}
