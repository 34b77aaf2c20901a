using System.Collections.Immutable;
using Gateway.Observability.Metrics;

namespace Gateway.Observability.History;

/// <summary>Whether one part of a cluster can serve now; <paramref name="Tier"/> is empty for the cluster as a whole.</summary>
internal readonly record struct ServingReading(string Cluster, string Tier, bool CanServe);

/// <summary>Requests of one route in one span, by outcome.</summary>
internal readonly record struct RequestSums(long Live, long Degraded, long Failed, long Refused, long Aborted)
{
    /// <summary>Those that count against the service-level objective.</summary>
    public long Bad { get; init; }

    /// <summary>Those that would have failed without the gateway.</summary>
    public SavedSums Saved { get; init; }

    /// <summary>Those that tell whether the service was there: a refusal and a client that left tell nothing.</summary>
    public long Judged => Live + Degraded + Failed;

    public static RequestSums operator +(RequestSums a, RequestSums b) =>
        new(a.Live + b.Live, a.Degraded + b.Degraded, a.Failed + b.Failed, a.Refused + b.Refused, a.Aborted + b.Aborted)
        {
            Bad = a.Bad + b.Bad,
            Saved = a.Saved + b.Saved
        };

    public static RequestSums operator -(RequestSums a, RequestSums b) =>
        new(a.Live - b.Live, a.Degraded - b.Degraded, a.Failed - b.Failed, a.Refused - b.Refused, a.Aborted - b.Aborted)
        {
            Bad = a.Bad - b.Bad,
            Saved = a.Saved - b.Saved
        };
}

/// <summary>Time of one part of a cluster in one span, in milliseconds.</summary>
/// <param name="Up">It could serve.</param>
/// <param name="Down">It could not.</param>
/// <param name="Lost">While it could: the share of requests that no tier answered, as time.</param>
/// <param name="Failures">Times it went from up to down.</param>
internal readonly record struct TimeSums(long Up, long Down, long Lost, long Failures)
{
    public static TimeSums operator +(TimeSums a, TimeSums b) =>
        new(a.Up + b.Up, a.Down + b.Down, a.Lost + b.Lost, a.Failures + b.Failures);
}

/// <summary>
/// Counts, by second, minute, hour and day, how requests ended and how long each tier could serve. It reads the instruments' cells once a
/// second, so that a request pays nothing for it; a kill loses at most that second, or a few seconds without any request. But for
/// <see cref="History"/> only the thread of <see cref="Records"/> uses it.
/// </summary>
/// <param name="routes">The cells now.</param>
/// <param name="clusterOf">The cluster of a route; null: it is no longer configured.</param>
/// <param name="serving">Whether each cluster (tier empty) and each tier can serve.</param>
/// <param name="responses">Good responses so far by tier, in their order, for <see cref="History"/>; null: it does not tell tiers
/// apart.</param>
internal sealed class Ledger(
    Func<IReadOnlyCollection<RouteMeter>> routes, Func<string, string?> clusterOf, Func<IReadOnlyList<ServingReading>> serving,
    Func<IReadOnlyList<TierResponses>>? responses = null)
{
    /// <summary>Lengths of the spans in seconds, and how long each is kept.</summary>
    public static readonly (int Seconds, TimeSpan Kept)[] Grains =
    [
        (1, TimeSpan.FromHours(1)),
        (60, TimeSpan.FromHours(25)),
        (3600, TimeSpan.FromDays(31)),
        (86400, TimeSpan.FromDays(730)),
    ];

    // With the disk gone for long, the seconds go first: the coarser spans hold the same requests.
    private const int MaxUnwritten = 20_000;

    // A longer gap is one of ours (suspended, or starved): nothing was observed in it.
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(10);

    private readonly Dictionary<RouteMeter, RequestSums> _seen = [];
    private readonly Dictionary<(string Cluster, string Tier), bool> _wasUp = [];
    private DateTimeOffset? _last;
    private readonly Dictionary<string, long> _answered = new(StringComparer.Ordinal);
    private volatile RequestHistory _history = RequestHistory.Empty;
    private volatile ImmutableDictionary<string, RequestSums> _totals =
        ImmutableDictionary.Create<string, RequestSums>(StringComparer.Ordinal);

    /// <summary>What has to be added on disk, by grain, start (Unix seconds), route and cluster.</summary>
    public Dictionary<(int Grain, long At, string Route, string Cluster), RequestSums> Requests { get; } = [];

    /// <summary>What has to be added on disk, by grain, start (Unix seconds), cluster and tier.</summary>
    public Dictionary<(int Grain, long At, string Cluster, string Tier), TimeSums> Times { get; } = [];

    /// <summary>The last 15 minutes, for eyes; from any thread.</summary>
    public RequestHistory History => _history;

    /// <summary>
    /// The requests of each cluster since the start; never less than before, whatever a reload takes away. From any thread.
    /// </summary>
    public IReadOnlyDictionary<string, RequestSums> Totals => _totals;

    /// <summary>The clusters that are configured now.</summary>
    public IReadOnlyCollection<string> Clusters { get; private set; } = [];

    /// <summary>Reads everything; called once a second.</summary>
    public void Tick(DateTimeOffset now)
    {
        var step = _last is { } last && now > last && now - last <= LongestStep ? now - last : TimeSpan.Zero;
        _last = now;
        var byCluster = CountRequests(now);
        _history = _history.Add(byCluster.Values.Aggregate(default(RequestSums), static (a, b) => a + b), CountResponses(), now);
        _totals = _totals.SetItems(byCluster.Select(c => KeyValuePair.Create(c.Key, _totals.GetValueOrDefault(c.Key) + c.Value)));
        var readings = serving();
        Clusters = [.. readings.Where(static r => r.Tier.Length == 0).Select(static r => r.Cluster)];
        foreach (var reading in readings)
        {
            var key = (reading.Cluster, reading.Tier);
            var failed = !reading.CanServe && _wasUp.TryGetValue(key, out var was) && was;
            _wasUp[key] = reading.CanServe;
            var elapsed = (long)step.TotalMilliseconds;
            var lost = reading.CanServe
                && reading.Tier.Length == 0
                && byCluster.TryGetValue(reading.Cluster, out var sums)
                && sums.Judged > 0
                ? elapsed * (sums.Degraded + sums.Failed) / sums.Judged
                : 0;
            var time = new TimeSums(reading.CanServe ? elapsed : 0, reading.CanServe ? 0 : elapsed, lost, failed ? 1 : 0);
            HasNews |= !reading.CanServe;
            if (time != default)
            {
                foreach (var (grain, at) in Spans(now))
                {
                    var span = (grain, at, reading.Cluster, reading.Tier);
                    Times[span] = Times.GetValueOrDefault(span) + time;
                }
            }
        }

        if (Requests.Count + Times.Count > MaxUnwritten)
        {
            foreach (var key in Requests.Keys.Where(static k => k.Grain == 1).ToArray())
            {
                Requests.Remove(key);
            }

            foreach (var key in Times.Keys.Where(static k => k.Grain == 1).ToArray())
            {
                Times.Remove(key);
            }
        }
    }

    /// <summary>Something else than time in which all could serve has to be added on disk: a request, or an outage.</summary>
    public bool HasNews { get; private set; }

    /// <summary>All of it is on disk.</summary>
    public void Written()
    {
        HasNews = false;
        Requests.Clear();
        Times.Clear();
    }

    private List<TierResponses> CountResponses()
    {
        var added = new List<TierResponses>();
        foreach (var (tier, total) in responses?.Invoke() ?? [])
        {
            // Less than before: a reload took destinations away.
            added.Add(new TierResponses(tier, Math.Max(0, total - _answered.GetValueOrDefault(tier))));
            _answered[tier] = total;
        }

        return added;
    }

    private Dictionary<string, RequestSums> CountRequests(DateTimeOffset now)
    {
        var byCluster = new Dictionary<string, RequestSums>(StringComparer.Ordinal);
        var current = routes();
        foreach (var route in current)
        {
            var total = route.Sums;
            var added = total - _seen.GetValueOrDefault(route);
            if (added == default || clusterOf(route.Route) is not { } cluster)
            {
                continue;
            }

            HasNews = true;
            _seen[route] = total;
            byCluster[cluster] = byCluster.GetValueOrDefault(cluster) + added;
            foreach (var (grain, at) in Spans(now))
            {
                var span = (grain, at, route.Route, cluster);
                Requests[span] = Requests.GetValueOrDefault(span) + added;
            }
        }

        // Cells of routes that a reload took away.
        foreach (var gone in _seen.Keys.Where(r => !current.Contains(r)).ToArray())
        {
            _seen.Remove(gone);
        }

        return byCluster;
    }

    private static IEnumerable<(int Grain, long At)> Spans(DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        foreach (var (seconds, _) in Grains)
        {
            yield return (seconds, second - (second % seconds));
        }
    }
}
