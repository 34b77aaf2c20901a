using System.Collections.Concurrent;

namespace Gateway.LastGood.InMemory;

/// <summary>
/// How many responses of each route are in memory, and their bytes: counted as they come and go, so that asking costs nothing.
/// </summary>
internal sealed class RouteTotals
{
    // Records from a shared store carry names that a foreign hand may have chosen: they must not grow this without end.
    private const int Most = 4096;
    private readonly ConcurrentDictionary<string, RouteTotal> _routes = new(StringComparer.Ordinal);
    private readonly RouteTotal _others = new();

    /// <summary>The total that a response of a route counts in.</summary>
    public RouteTotal Of(string route) =>
        _routes.TryGetValue(route, out var total) ? total
        : _routes.Count >= Most ? _others
        : _routes.GetOrAdd(route, static _ => new RouteTotal());

    /// <summary>The figures of a route.</summary>
    public (long Entries, long Bytes) Read(string route) =>
        _routes.TryGetValue(route, out var total) ? (total.Entries, total.Bytes) : (0, 0);
}
