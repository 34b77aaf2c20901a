using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Notifications.Drills;

/// <summary>What the decision about a drill rests on.</summary>
/// <param name="Drill">The drill.</param>
/// <param name="Cluster">Its cluster.</param>
/// <param name="Condition">The cluster's condition.</param>
/// <param name="Now">The time.</param>
internal sealed record DrillFacts(ScheduledDrillConfig Drill, ClusterView Cluster, ClusterCondition Condition, DateTimeOffset Now)
{
    /// <summary>Today is a day of <c>drills.freeze</c>.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>What earlier processes did is known.</summary>
    public bool IsHistoryRead { get; init; }

    /// <summary>What is left of the window.</summary>
    public TimeSpan Left { get; init; }

    /// <summary>The gateways hear one another, or there is only this one.</summary>
    public bool IsFleetHeard { get; init; }

    /// <summary>The destination that would be drained; null: it loses a tier, or there is none.</summary>
    public DestinationView? Destination { get; init; }
}
