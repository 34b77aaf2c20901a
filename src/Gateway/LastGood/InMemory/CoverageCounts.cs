using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;

namespace Gateway.LastGood.InMemory;

/// <summary>
/// For each route: which share of its requests a total outage could have answered, and which header keeps that share low. Requests count,
/// anyone reads.
/// </summary>
internal sealed partial class CoverageCounts(TimeProvider time, ILogger logger)
{
    // Below it the header that splits keys is named.
    private const double LowCoverage = 0.5;

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<string, Coverage> _coverage = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SplitHeaders> _splits = new(StringComparer.Ordinal);

    /// <summary>The route's share of the last hour's requests that a total outage could have answered (<c>coverage</c>).</summary>
    public CoverageReading CoverageOf(string route) =>
        _coverage.TryGetValue(route, out var coverage) ? coverage.Read(Minute()) : default;

    /// <summary>
    /// The request header that keeps a route's coverage below one half: its values give nearly every request a key of its own. Null: there
    /// is none.
    /// </summary>
    public string? SplitBy(string route) =>
        _splits.TryGetValue(route, out var split) && CoverageOf(route).Ratio < LowCoverage ? split.Most(Minute() / 60) : null;

    /// <summary>Counts a request.</summary>
    /// <param name="route">Its route.</param>
    /// <param name="covered">A kept response could be given to it.</param>
    public void Count(RouteConfig route, bool covered)
    {
        if (!_coverage.TryGetValue(route.Name, out var coverage))
        {
            coverage = _coverage.GetOrAdd(route.Name, static _ => new Coverage());
        }

        coverage.Count(Minute(), covered);
    }

    /// <summary>Counts the headers that gave a request a key of its own.</summary>
    public void CountSplit(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts)
    {
        var route = plan.Route.Name;
        if (!_splits.TryGetValue(route, out var split))
        {
            split = _splits.GetOrAdd(route, static _ => new SplitHeaders());
        }

        foreach (var (name, values) in request.Headers)
        {
            if (plan.IsOwn(name, facts.TrustsForwarded)
                && split.Count(name, values, Minute() / 60)
                && CoverageOf(route).Ratio is < LowCoverage and var ratio)
            {
                KeysSplit(route, name, Math.Round(ratio * 100));
            }
        }
    }

    private long Minute() => time.GetTimestamp() / time.TimestampFrequency / 60;

    [LoggerMessage(5004, LogLevel.Warning, "An outage could answer {Percent} % of the requests of the route \"{Route}\": the header "
        + "\"{Header}\" has another value in nearly every request and gives each a key of its own. If the service does not use it, name it "
        + "in \"lastGood.ignoreHeaders\".")]
    private partial void KeysSplit(string route, string header, double percent);
}
