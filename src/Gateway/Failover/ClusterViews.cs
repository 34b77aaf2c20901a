using Gateway.Failover.Resuming;

namespace Gateway.Failover;

/// <summary>What people see of the clusters: made by the loop, read by anyone.</summary>
internal sealed class ClusterViews(ClusterTable clusters, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private IReadOnlyList<ClusterView> _all = [];
    private IReadOnlyList<SavedCluster>? _saved;
    private TimeSpan _publishedAt;

    /// <summary>In the order of the configuration.</summary>
    public IReadOnlyList<ClusterView> All => Volatile.Read(ref _all);

    /// <summary>What a restart must not forget; null: the first round of probes is not over, and nothing is known yet.</summary>
    public IReadOnlyList<SavedCluster>? Saved => Volatile.Read(ref _saved);

    /// <summary>They are older than people may see.</summary>
    public bool AreDue(TimeSpan now) => now - _publishedAt >= Every;

    /// <summary>Makes them anew.</summary>
    public void Publish(TimeSpan now)
    {
        var utc = time.GetUtcNow();
        IReadOnlyList<ClusterView> views = [.. clusters.All.Select(c => ViewBuilder.Of(c, now, utc))];
        Volatile.Write(ref _all, views);
        if (clusters.All.All(static cluster => cluster.State.Settled))
        {
            Volatile.Write(ref _saved, [.. clusters.All.Select(cluster => ClusterResuming.Take(cluster, now)).OfType<SavedCluster>()]);
        }

        _publishedAt = now;
    }
}
