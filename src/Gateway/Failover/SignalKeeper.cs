using Gateway.Configuration.Model;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>From readings of signals to what requests see of a tier. Only the failover loop touches it.</summary>
internal static class SignalKeeper
{
    /// <summary>A signal says something of a destination.</summary>
    public static void OnReading(ClusterTable clusters, SignalReading reading, TimeSpan now)
    {
        if (clusters.Find(reading.Destination) is not { } entry || !IsConfigured(entry.Cluster.Config, reading.Signal))
        {
            return;
        }

        if (!entry.Watch.Monitor.Share.Signals.Take(reading, now))
        {
            return;
        }

        entry.Cluster.Dirty = true;
        entry.Cluster.HealthChanged = true;
        if (reading is { State: SignalState.Firing, Effect: > SignalEffect.Weight })
        {
            // A signal alone ejects nothing: a probe looks, soon.
            entry.Watch.Hasten(now);
        }
    }

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
                    cluster.HealthChanged |= monitor.Share.Signals.Expire(name => IsConfigured(cluster.Config, name), now);
                }
            }

            changed |= any && Decide(tier);
        }

        cluster.HealthChanged |= changed;
        return changed;
    }

    private static bool Decide(TierRuntime tier)
    {
        var effects = SignalDecision.Of([.. tier.Monitors.Select(static m => new MemberSignals(m.Serving, m.Share.Weight, m.Share.Order is not null, m.Share.Signals.Marks))]);
        var changed = false;
        for (var i = 0; i < effects.Length; i++)
        {
            changed |= tier.Monitors[i].Share.Signals.Apply(effects[i]);
        }

        return changed;
    }

    private static bool IsConfigured(ClusterConfig config, string signal)
    {
        foreach (var known in config.Signals)
        {
            if (string.Equals(known.Name, signal, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
