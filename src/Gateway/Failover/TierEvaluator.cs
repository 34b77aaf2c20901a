using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Health.Model;
using Gateway.Health.Rules;

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

    /// <summary>What a tier counts for here, once the others are heard.</summary>
    /// <param name="own">What its destinations make of it, by this gateway's own eyes.</param>
    /// <param name="reachable">At least one destination takes requests from here.</param>
    /// <param name="guidance">What the fleet says of it; null: nothing, or this gateway decides alone.</param>
    public static TierHealth Weigh(TierHealth own, bool reachable, TierGuidance? guidance) => guidance switch
    {
        null => own,

        // Still better than the fallback chain, if it is so for us.
        { VotedDown: true } => own < TierHealth.Degraded ? own : TierHealth.Degraded,

        // Too few destinations, by our eyes alone: that is for the majority to say. With none that takes requests it is for us.
        _ => own == TierHealth.Degraded && reachable ? TierHealth.Unverified : own,
    };

    /// <summary>The tier as requests see it.</summary>
    public static TierSnapshot SnapshotOf(
        TierConfig tier,
        int index,
        TierLoad load,
        IReadOnlyList<DestinationMonitor> monitors,
        ClusterConfig cluster,
        TimeSpan now)
    {
        // The best class that is not empty: sound, else suspect, else what a signal drains; of that the first priority.
        var sound =
            monitors.Where(static m =>
                m is { Serving: true, Suspect: false, Share.Signals.Effect.Effect: < SignalEffect.Suspect }).ToArray();
        var chosen = sound.Length > 0
            ? sound
            : [.. monitors.Where(static m => m is { Serving: true, Share.Signals.Effect.Effect: < SignalEffect.Drain })];
        chosen = chosen.Length > 0 ? chosen : [.. monitors.Where(static m => m.Serving)];
        var first = chosen.Length > 0 ? chosen.Min(static m => m.Share.Priority) : 0;
        chosen = [.. chosen.Where(m => m.Share.Priority == first)];
        var near = 0;
        if (cluster.ZonePreference is { } zone)
        {
            (chosen, near) = ZonePreference.Of(zone, chosen, [.. monitors.Where(m => m.Share.Priority == first)]);
        }

        return new TierSnapshot
        {
            Name = tier.Name,
            Index = index,
            FixedCapacity = CapacityOf(tier, chosen),
            HasLimits = chosen.Any(static m => m.Destination.MaxInFlight > 0),
            Load = load,
            Usable = [.. chosen.Select(m => m.Destination)],
            Weights = WeightsOf(chosen),
            Near = near,
            StartShares = chosen.Length > 1 && chosen.Any(m => ShareOf(m, now) < 1) ? [.. chosen.Select(m => ShareOf(m, now))] : null,
            Spared =
                [
                .. monitors.Where(m =>
                    m is { Drain: { Until: not null, IsOver: false }, State.HealthStatus: HealthStatus.Up
                        or HealthStatus.Unknown }).Select(m => m.Destination)],
            HalfOpen =
                [.. monitors.Where(m => m is { Draining: false, State.HealthStatus: HealthStatus.HalfOpen }).Select(m => m.Destination)],
            All = [.. monitors.Select(m => m.Destination)],
            CanServe = StandingOf(monitors, cluster.Failover) >= TierHealth.Unverified,
            LooksIll = sound.Length == 0,
        };
    }

    // Whole numbers: where signals leave shares of weights, all are counted in hundredths.
    private static int[] WeightsOf(DestinationMonitor[] chosen) => chosen.All(static m => m.Share.Signals.Effect.Share >= 1)
        ? [.. chosen.Select(static m => m.Share.Weight)]
        : [.. chosen.Select(static m => Math.Max(1, (int)Math.Round(m.Share.Weight * 100 * m.Share.Signals.Effect.Share)))];

    private static double ShareOf(DestinationMonitor monitor, TimeSpan now) =>
        Math.Min(monitor.Share.SlowStart.ShareAt(monitor.Config.SlowStart, now), monitor.Share.Preference);

    // Destinations that all have a limit make one for their tier.
    private static int? CapacityOf(TierConfig tier, DestinationMonitor[] usable)
    {
        if (usable.Length == 0 || usable.Any(static m => m.Destination.MaxInFlight == 0))
        {
            return tier.Capacity;
        }

        var sum = (int)Math.Min(usable.Sum(static m => (long)m.Destination.MaxInFlight), int.MaxValue);
        return tier.Capacity is { } capacity ? Math.Min(capacity, sum) : sum;
    }
}
