using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>From what signals hold of destinations to what requests see of a tier. Only the failover loop touches it.</summary>
internal static class SignalKeeper
{
    /// <summary>Decides what signals do to each destination of a cluster; true: requests must see it.</summary>
    public static bool Pass(ClusterRuntime cluster, TimeSpan now)
    {
        var changed = false;
        foreach (var tier in cluster.Tiers)
        {
            var any = false;
            foreach (var monitor in tier.Monitors)
            {
                if (!monitor.Share.Signals.Marks.IsEmpty)
                {
                    any = true;
                    cluster.HealthChanged |= monitor.Share.Signals.Expire(name => cluster.Config.HasSignal(name), now);
                }
            }

            changed |= any && Decide(tier);
        }

        cluster.HealthChanged |= changed;
        return changed;
    }

    private static bool Decide(TierRuntime tier)
    {
        var effects = SignalDecision.Of(
        [
            .. tier.Monitors.Select(static m =>
                new MemberSignals(m.Serving, m.Share.Weight, m.Share.Order is not null, m.Share.Signals.Marks)),
        ]);
        var changed = false;
        for (var i = 0; i < effects.Length; i++)
        {
            changed |= tier.Monitors[i].Share.Signals.Apply(effects[i]);
        }

        return changed;
    }
}
