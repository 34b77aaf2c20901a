namespace Gateway.Failover;

/// <summary>What people see of the clusters: made by the loop, read by anyone.</summary>
internal sealed class ClusterViews(ClusterTable clusters, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private IReadOnlyList<ClusterView> _all = [];
    private TimeSpan _publishedAt;

    /// <summary>In the order of the configuration.</summary>
    public IReadOnlyList<ClusterView> All => Volatile.Read(ref _all);

    /// <summary>They are older than people may see.</summary>
    public bool AreDue(TimeSpan now) => now - _publishedAt >= Every;

    /// <summary>Makes them anew.</summary>
    public void Publish(TimeSpan now)
    {
        var utc = time.GetUtcNow();
        IReadOnlyList<ClusterView> views = [.. clusters.All.Select(c => ViewBuilder.Of(c, now, utc))];
        Volatile.Write(ref _all, views);
        _publishedAt = now;
    }
}
