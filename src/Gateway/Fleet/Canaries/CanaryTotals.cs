using System.Collections.Immutable;
using Gateway.Observability.Metrics;

namespace Gateway.Fleet.Canaries;

/// <summary>
/// How requests ended since the start, and ten minutes ago: a reload that takes routes away takes nothing from the sum. One owner at a time
/// uses it.
/// </summary>
/// <param name="routes">The cells now.</param>
internal sealed class CanaryTotals(Func<IReadOnlyCollection<RouteMeter>> routes)
{
    /// <summary>How far back it remembers.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly Dictionary<RouteMeter, CanaryCounts> _seen = [];
    private readonly Dictionary<string, RouteTotals> _byRoute = new(StringComparer.Ordinal);
    private readonly Queue<(TimeSpan At, CanaryCounts Sum)> _past = [];
    private TimeSpan? _lastStep;
    private TimeSpan? _halfBegan;

    /// <summary>All that was counted.</summary>
    public CanaryCounts Sum { get; private set; }

    /// <summary>What was counted in the last ten minutes before the last reading.</summary>
    public CanaryCounts Recent => _past.TryPeek(out var oldest) ? Sum - oldest.Sum : default;

    /// <summary>
    /// The same by route: all that was counted, and what was in the last five to ten minutes before the last reading. The dictionary is
    /// the caller's.
    /// </summary>
    public Dictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> ByRoute() => _byRoute.ToDictionary(
        static route => route.Key,
        static route => (route.Value.Sum, route.Value.Sum - route.Value.BeforeLastHalf),
        StringComparer.Ordinal);

    /// <summary>All that was counted of the routes that another gateway asks for, as far as they are known here.</summary>
    /// <param name="asked">What <see cref="RouteOutcome.IdOf"/> says of their names.</param>
    /// <param name="now">Of a clock that never goes back.</param>
    public ImmutableArray<RouteOutcome> Of(ImmutableArray<string> asked, TimeSpan now)
    {
        if (asked.IsEmpty)
        {
            return [];
        }

        Read(now);
        return
        [
            .. _byRoute.Values.Where(totals => asked.Contains(totals.Id, StringComparer.Ordinal))
                .Select(static totals => new RouteOutcome(totals.Id, totals.Sum)),
        ];
    }

    /// <summary>Reads the cells.</summary>
    /// <param name="now">Of a clock that never goes back.</param>
    public void Read(TimeSpan now)
    {
        var current = routes();
        foreach (var route in current)
        {
            var counts = CanaryCounts.Of(route);
            var added = counts - _seen.GetValueOrDefault(route);
            Sum += added;
            _seen[route] = counts;
            var totals = _byRoute.TryGetValue(route.Route, out var known) ? known : new RouteTotals(RouteOutcome.IdOf(route.Route));
            _byRoute[route.Route] = totals with { Sum = totals.Sum + added };
        }

        if (_seen.Count > current.Count)
        {
            foreach (var gone in _seen.Keys.Except(current).ToArray())
            {
                _seen.Remove(gone);
            }

            var names = current.Select(static route => route.Route).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in _byRoute.Keys.Where(name => !names.Contains(name)).ToArray())
            {
                _byRoute.Remove(gone);
            }
        }

        if (_halfBegan is null || now - _halfBegan >= Window / 2)
        {
            _halfBegan = now;
            foreach (var (name, totals) in _byRoute.ToArray())
            {
                _byRoute[name] = totals with { BeforeLastHalf = totals.BeforeThisHalf, BeforeThisHalf = totals.Sum };
            }
        }

        if (_lastStep is null || now - _lastStep >= Step)
        {
            _lastStep = now;
            _past.Enqueue((now, Sum));
        }

        while (_past.TryPeek(out var oldest) && now - oldest.At > Window)
        {
            _past.Dequeue();
        }
    }

    /// <summary>One route, in halves of the window: a sum for each step would be too much of many routes.</summary>
    private readonly record struct RouteTotals(
        string Id, CanaryCounts Sum = default, CanaryCounts BeforeThisHalf = default, CanaryCounts BeforeLastHalf = default);
}
