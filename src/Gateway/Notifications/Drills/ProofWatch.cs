using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Notifications.Drills;

/// <summary>A promise of the cluster that was seen to be kept.</summary>
/// <param name="Promise">The promise.</param>
/// <param name="Text">By what, in a sentence.</param>
internal readonly record struct FoundProof(Promise Promise, string Text);

/// <summary>
/// Watches one cluster for what proves its promises: a real failure, an operator's hold, or a drill. Each begins an observation, which
/// lasts until the new state has held for 20 s and served 20 requests; the promise is kept if no more requests since ten seconds before it
/// count against slo than it allows. Pure but for its own fields; look once a second.
/// </summary>
internal sealed class ProofWatch
{
    // What led to it lies before it: requests that hang until a deadline.
    private const int Before = 10;
    private static readonly TimeSpan Holds = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Queue<RequestCount> _recent = new();
    private readonly Dictionary<Promise, Observation> _observations = [];
    private string? _active;
    private string[] _serving = [];

    /// <summary>The promises that a cluster makes.</summary>
    public static IEnumerable<Promise> Of(ClusterView cluster)
    {
        if (cluster.Tiers.Length > 1)
        {
            yield return Promise.Failover;
            yield return Promise.Failback;
        }

        if (cluster.Tiers is [{ Destinations.Length: > 1 }, ..])
        {
            yield return Promise.DestinationLoss;
        }
    }

    /// <summary>Looks once, and gives what is proven by now.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="count">Its requests so far.</param>
    /// <param name="slo">Its objective, 0 to 1.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<FoundProof> Look(ClusterView cluster, RequestCount count, double slo, DateTimeOffset now)
    {
        _recent.Enqueue(count);
        while (_recent.Count > Before + 1)
        {
            _recent.Dequeue();
        }

        if (!cluster.Settled)
        {
            (_active, _serving) = (null, []);
            _observations.Clear();
            return [];
        }

        Begin(cluster, count, now);
        var tier = cluster.Tiers.FirstOrDefault(one => string.Equals(one.Name, cluster.Active, StringComparison.Ordinal));
        _active = cluster.Active;
        _serving = tier is null ? [] : [.. tier.Destinations.Where(IsServing).Select(static d => d.Name)];
        return Judge(cluster, count, slo, now);
    }

    private void Begin(ClusterView cluster, RequestCount count, DateTimeOffset now)
    {
        var (was, isNow) = (cluster.IndexOf(_active), cluster.IndexOfActive);
        if (was < 0 || isNow < 0)
        {
            return;
        }

        if (was != isNow)
        {
            _observations.Clear();
            var text = $"{_active} to {cluster.Active}";
            _observations[isNow > was ? Promise.Failover : Promise.Failback] =
                new Observation(cluster.Active!, text, _recent.Peek(), count, now);
            return;
        }

        var lost = cluster.Tiers[isNow].Destinations
            .FirstOrDefault(d => !IsServing(d) && _serving.Contains(d.Name, StringComparer.Ordinal));
        if (lost is not null && !_observations.ContainsKey(Promise.DestinationLoss))
        {
            _observations[Promise.DestinationLoss] =
                new Observation(cluster.Active!, $"{cluster.Active} without {lost.Name}", _recent.Peek(), count, now);
        }
    }

    private List<FoundProof> Judge(ClusterView cluster, RequestCount count, double slo, DateTimeOffset now)
    {
        List<FoundProof> found = [];
        foreach (var (promise, observation) in _observations.ToArray())
        {
            // While it takes over step by step, the other tier still serves.
            if (cluster.RampFrom is not null && promise == Promise.Failback)
            {
                observation.Since = now;
            }

            var (served, all) = (count - observation.From, count - observation.Before);
            if (!string.Equals(cluster.Active, observation.Tier, StringComparison.Ordinal) || now - observation.Began > Longest)
            {
                _observations.Remove(promise);
            }
            else if (now - observation.Since >= Holds && served.Requests >= DrillRun.FewestRequests)
            {
                _observations.Remove(promise);
                if (all.Meets(slo))
                {
                    found.Add(new FoundProof(promise, $"{observation.Text}: {all.Text}."));
                }
            }
        }

        return found;
    }

    private static bool IsServing(DestinationView destination) => !destination.Lost && !destination.Draining;

    // Before: ten seconds before it began; From: when it began; Since: from when the new state holds.
    private sealed record Observation(string Tier, string Text, RequestCount Before, RequestCount From, DateTimeOffset Began)
    {
        public DateTimeOffset Since { get; set; } = Began;
    }
}
