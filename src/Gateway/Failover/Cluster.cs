using System.Collections.Concurrent;
using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>One service at run time. The object survives reloads by its name. Its snapshot is written by the failover loop alone.</summary>
internal sealed class Cluster(string name, ClusterSnapshot snapshot, TimeSpan firstByte)
{
    private readonly ConcurrentDictionary<string, RouteTiming> _timings = new(StringComparer.Ordinal);
    private ClusterSnapshot _snapshot = snapshot;
    private ClusterTls? _tls;
    private bool _isFailureForecast;

    /// <summary>The key under <c>clusters</c>.</summary>
    public string Name => name;

    /// <summary>What holds now. Read it once a request.</summary>
    public ClusterSnapshot Snapshot
    {
        get => Volatile.Read(ref _snapshot);
        internal set => Volatile.Write(ref _snapshot, value);
    }

    /// <summary>How TLS connections to its destinations are made; null: as by default.</summary>
    public ClusterTls? Tls
    {
        get => Volatile.Read(ref _tls);
        internal set => Volatile.Write(ref _tls, value);
    }

    /// <summary>
    /// Something is done about a forecast that one of its destinations will fail (<c>forecast: act</c>). Written by the loop alone.
    /// </summary>
    public bool IsFailureForecast
    {
        get => Volatile.Read(ref _isFailureForecast);
        internal set => Volatile.Write(ref _isFailureForecast, value);
    }

    /// <summary>How long the responses of a route take here. Ask once a configuration, not once a request.</summary>
    public RouteTiming TimingOf(string route) => _timings.GetOrAdd(route, static (added, wait) => new RouteTiming(added, wait), firstByte);

    /// <summary>Every route's; for the loop.</summary>
    internal IEnumerable<RouteTiming> Timings => _timings.Select(static pair => pair.Value);

    /// <summary>Forgets routes that left the configuration.</summary>
    internal void Retain(IReadOnlySet<string> routes)
    {
        foreach (var (route, _) in _timings)
        {
            if (!routes.Contains(route))
            {
                _timings.TryRemove(route, out _);
            }
        }
    }
}
