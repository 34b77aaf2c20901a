using System.Collections.Concurrent;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Mirroring;

/// <summary>The mirrored reads of all routes.</summary>
/// <param name="time">The clock.</param>
internal sealed class MirrorBoard(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Cluster, string Route), MirroredRoute> _routes = [];

    /// <summary>Told of each change. Default: no one is.</summary>
    public Action<MirrorChange> Changed { get; set; } = static _ => { };

    /// <summary>How every route compares now, in the order of their names.</summary>
    public IReadOnlyList<MirrorStatus> Status =>
        [.. _routes.OrderBy(static route => route.Key).SelectMany(static route => route.Value.Status)];

    /// <summary>The reads so far, and what stands now.</summary>
    public MirrorReading Reading => new(
        [.. _routes.Values.SelectMany(static route => route.Counts)],
        [
            .. from status in Status
               from difference in status.Differences
               select new DifferenceReading(status.Cluster, status.Route, status.Tier, MirrorDifferenceKinds.NameOf(difference.Kind)),
        ]);

    /// <summary>The mirrored reads of one route, the same over reloads.</summary>
    public MirroredRoute Of(string cluster, string route) =>
        _routes.GetOrAdd((cluster, route), key => new MirroredRoute(key.Cluster, key.Route, change => Changed(change), time));

    /// <summary>Forgets routes that are mirrored no more.</summary>
    public void Keep(IReadOnlySet<(string Cluster, string Route)> mirrored)
    {
        foreach (var key in _routes.Keys.Where(key => !mirrored.Contains(key)))
        {
            _routes.TryRemove(key, out _);
        }
    }
}
