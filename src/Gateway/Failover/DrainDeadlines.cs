using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>
/// Drains with a deadline: those that spare conversations for a while (<c>drain --for</c>), of which what is left is cut then, and those
/// of runbooks, which end by themselves even if their gateway is gone. Only the failover loop touches it.
/// </summary>
internal static class DrainDeadlines
{
    /// <summary>A destination is drained, or drained anew.</summary>
    public static void Begin(DestinationMonitor monitor, DrainOrder order)
    {
        monitor.Drain = order;
        monitor.Destination.TakeConversations();
    }

    /// <summary>Ends the conversations and the drains whose time is over; true: requests must see it.</summary>
    public static bool Pass(ClusterRuntime cluster, TimeSpan now)
    {
        var changed = false;
        foreach (var tier in cluster.Tiers)
        {
            foreach (var monitor in tier.Monitors)
            {
                if (monitor.Drain is { EndsAt: { } ends } && now >= ends)
                {
                    monitor.OnReady(now);
                    cluster.HealthChanged = true;
                    changed = true;
                }

                if (monitor.Drain is { Until: { } until, IsOver: false } order && now >= until)
                {
                    monitor.Drain = order with { IsOver = true };
                    monitor.Destination.CutConversations();
                    changed = true;
                }
            }
        }

        return changed;
    }
}
