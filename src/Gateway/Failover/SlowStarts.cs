namespace Gateway.Failover;

/// <summary>The slow starts of a cluster's destinations. Only the failover loop touches it.</summary>
internal static class SlowStarts
{
    /// <summary>Begins and ends them; true: requests must see other shares.</summary>
    public static bool Pass(ClusterRuntime cluster, TimeSpan now)
    {
        var changed = false;
        foreach (var tier in cluster.Tiers)
        {
            foreach (var monitor in tier.Monitors)
            {
                changed |= monitor.Share.SlowStart.Update(monitor.Serving, monitor.Config.SlowStart, now);
            }
        }

        return changed;
    }
}
