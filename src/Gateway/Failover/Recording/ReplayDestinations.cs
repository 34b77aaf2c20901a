namespace Gateway.Failover.Recording;

/// <summary>Finds, in the configuration that a replay decides by, the destination that was recorded. Pure.</summary>
internal static class ReplayDestinations
{
    /// <summary>That of the same name, else that of the same address; null: it has none.</summary>
    public static DestinationWatch? Find(ClusterTable clusters, RecordedDestination recorded)
    {
        if (clusters.Find(recorded.Cluster) is not { } cluster)
        {
            return null;
        }

        DestinationWatch? byUrl = null;
        foreach (var tier in cluster.Tiers)
        {
            foreach (var watch in tier.Watches)
            {
                if (string.Equals(watch.Destination.Name, recorded.Name, StringComparison.Ordinal))
                {
                    return watch;
                }

                byUrl ??= watch.Destination.Url == recorded.Url ? watch : null;
            }
        }

        return byUrl;
    }
}
