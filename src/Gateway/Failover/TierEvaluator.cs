using Gateway.Configuration;
using Gateway.Health;

namespace Gateway.Failover;

/// <summary>What the destinations of a tier make of it. Pure.</summary>
internal static class TierEvaluator
{
    /// <summary>What the tier is good for.</summary>
    public static TierHealth StandingOf(IReadOnlyList<DestinationMonitor> monitors, FailoverConfig failover)
    {
        var needed = failover.NeededOf(monitors.Count);
        var serving = 0;
        var proven = 0;
        foreach (var monitor in monitors)
        {
            if (!monitor.Serving)
            {
                continue;
            }

            serving++;
            proven += monitor.State.HealthStatus == HealthStatus.Up ? 1 : 0;
        }

        return proven >= needed ? TierHealth.Healthy
            : serving >= needed ? TierHealth.Unverified
            : serving > 0 ? TierHealth.Degraded
            : TierHealth.Unavailable;
    }

    /// <summary>The tier as requests see it.</summary>
    public static TierSnapshot SnapshotOf(TierConfig tier, int index, TierLoad load, IReadOnlyList<DestinationMonitor> monitors, FailoverConfig failover)
    {
        // The best class that is not empty: sound, else suspect.
        var sound = monitors.Where(m => m is { Serving: true, Suspect: false }).ToArray();
        var chosen = sound.Length > 0 ? sound : [.. monitors.Where(m => m.Serving)];
        return new TierSnapshot
        {
            Name = tier.Name,
            Index = index,
            Capacity = tier.Capacity,
            Load = load,
            Usable = [.. chosen.Select(m => m.Destination)],
            Weights = [.. chosen.Select(m => m.Weight)],
            HalfOpen = [.. monitors.Where(m => m is { Draining: false, State.HealthStatus: HealthStatus.HalfOpen }).Select(m => m.Destination)],
            All = [.. monitors.Select(m => m.Destination)],
            CanServe = StandingOf(monitors, failover) >= TierHealth.Unverified,
            LooksIll = sound.Length == 0,
        };
    }
}
