using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Notifications.Drills;

/// <summary>
/// Whether a drill may begin, and whether it must stop. Pure; every guard is asked, and the first that says no gives the reason. Error
/// budget and lease come after it, since only disk and Redis can give those.
/// </summary>
internal static class DrillDecision
{
    /// <summary>Of what a tier can carry, so much may be needed.</summary>
    public const double MostLoad = 0.7;

    /// <summary>Fewer requests than this stop no drill.</summary>
    public const int FewestBad = 3;

    /// <summary>Why it must not begin; null: it may.</summary>
    public static DrillRefusal? Start(DrillFacts facts) => facts switch
    {
        { IsHistoryRead: false } => DrillRefusal.HistoryUnread,
        { IsFrozen: true } => DrillRefusal.Frozen,
        _ when facts.Left < facts.Drill.For + (ScheduledDrillConfig.Margin / 2) => DrillRefusal.TooLate,
        { IsFleetHeard: false } => DrillRefusal.FleetUnreachable,
        { Cluster.Hold: not null } => DrillRefusal.OperatorAtWork,
        _ when facts.Cluster.Tiers.Any(static tier => tier.Destinations.Any(static d => d.Draining)) => DrillRefusal.OperatorAtWork,
        { Condition: not ClusterCondition.Normal } => DrillRefusal.Disturbed,
        _ when !MayReturn(facts) => DrillRefusal.Disturbed,
        { Drill.Lose: DrillLoss.Tier } => WithoutTier(facts.Cluster),
        _ => WithoutDestination(facts),
    };

    /// <summary>Too many requests were bad since the begin for it to go on.</summary>
    public static bool IsHarmful(ScheduledDrillConfig drill, RequestCount since) =>
        since.Bad >= FewestBad && since.Bad > drill.StopAbove * since.Requests;

    // Until the first tier has been able to serve for so long, it would not be gone back to when the drill stops.
    private static bool MayReturn(DrillFacts facts) =>
        facts.Cluster.Tiers is [{ HealthySince: { } since }, ..] && facts.Now - since >= facts.Cluster.FailbackWait;

    private static DrillRefusal? WithoutTier(ClusterView cluster) =>
        cluster.Tiers is not [var first, var next, ..] || next.Healthy < next.Destinations.Length || next.Healthy < next.Needed
            ? DrillRefusal.StandbyNotWhole
            : next.Capacity is { } capacity && first.InFlight > MostLoad * capacity ? DrillRefusal.TooLittleCapacity
            : null;

    private static DrillRefusal? WithoutDestination(DrillFacts facts)
    {
        var tier = facts.Cluster.Tiers[0];
        return facts.Destination is null || tier.Healthy - 1 < Math.Max(1, tier.Needed) ? DrillRefusal.LastNeeded
            : tier.Capacity is { } capacity
                && tier.InFlight > MostLoad * capacity * (tier.Healthy - 1) / tier.Healthy ? DrillRefusal.TooLittleCapacity
            : null;
    }
}
