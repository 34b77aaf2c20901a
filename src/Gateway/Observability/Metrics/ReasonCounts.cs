using System.Collections.Concurrent;

namespace Gateway.Observability.Metrics;

/// <summary>
/// Counts by a reason that another room gives. Reasons are closed sets there; the bounds here hold even if one of them were not. Part of
/// <see cref="Instruments"/>.
/// </summary>
internal sealed class ReasonCounts
{
    private const int MaxTransitionsACluster = 12;
    private const int MaxRefusalReasons = 32;
    private const string Other = "other";

    private readonly ConcurrentDictionary<(string Cluster, string From, string To, string Reason), SharedCount> _transitions = new();
    private readonly ConcurrentDictionary<string, SharedCount> _refusals = new(StringComparer.Ordinal);

    /// <summary>A cluster's active tier changed.</summary>
    public void Transition(string cluster, string from, string to, string reason)
    {
        var key = (cluster, from, to, reason);
        if (!_transitions.ContainsKey(key)
            && _transitions.Keys.Count(k => string.Equals(k.Cluster, cluster, StringComparison.Ordinal)) >= MaxTransitionsACluster)
        {
            key = (cluster, Other, Other, Other);
        }

        _transitions.GetOrAdd(key, static _ => new()).Increment();
    }

    /// <summary>A response was not kept.</summary>
    public void Refused(string reason)
    {
        if (!_refusals.TryGetValue(reason, out var count))
        {
            count = _refusals.GetOrAdd(_refusals.Count < MaxRefusalReasons ? reason : Other, static _ => new());
        }

        count.Increment();
    }

    /// <summary>Forgets the transitions of clusters that are no more.</summary>
    public void Retain(IReadOnlySet<string> clusters)
    {
        foreach (var key in _transitions.Keys.Where(key => !clusters.Contains(key.Cluster)))
        {
            _transitions.TryRemove(key, out _);
        }
    }

    /// <summary>The families.</summary>
    public IEnumerable<MetricFamily> Families() =>
    [
        MetricFamily.Counter("gateway_transitions_total", "Changes of a cluster's active tier.", () =>
            [.. _transitions.Select(static t => new Sample(t.Value.Value, new(Instruments.ClusterLabel, t.Key.Cluster),
                new(Instruments.FromLabel, t.Key.From), new(Instruments.ToLabel, t.Key.To), new(Instruments.ReasonLabel, t.Key.Reason)))]),
        MetricFamily.Counter("gateway_last_good_refused_total", "Responses that were not kept, by reason.", () =>
            [
            .. _refusals.Select(static r => new Sample(r.Value.Value, new KeyValuePair<string, object?>(Instruments.ReasonLabel, r.Key)))]),
    ];
}
