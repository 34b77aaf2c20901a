using Gateway.Configuration.Model;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>Readings of signals on their way to the destinations that they are about. Only the failover loop touches it.</summary>
internal static class SignalIntake
{
    /// <summary>A signal says something of a destination.</summary>
    public static void Take(ClusterTable clusters, SignalReading reading, TimeSpan now)
    {
        if (clusters.Find(reading.Destination) is not { } entry || !entry.Cluster.Config.HasSignal(reading.Signal))
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
}
