namespace Gateway.Failover;

/// <summary>Something of a cluster's health changed, announced exactly once.</summary>
/// <param name="Kind">What.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Tier">The tier it is about; null: the whole cluster.</param>
/// <param name="Destination">The destination it is about; null: the tier or the cluster.</param>
/// <param name="Text">For people, such as "guide-b of primary is down"; without the cluster, and without an end.</param>
/// <param name="Evidence">What it rests on, in words.</param>
/// <param name="At">When.</param>
internal sealed record HealthChange(
    HealthChangeKind Kind,
    string Cluster,
    string? Tier,
    string? Destination,
    string Text,
    string Evidence,
    DateTimeOffset At);

/// <summary>What changed. A closed set.</summary>
internal enum HealthChangeKind
{
    /// <summary>A destination can no longer serve.</summary>
    DestinationDown,

    /// <summary>A destination that could not serve still cannot, for another reason.</summary>
    DestinationStillDown,

    /// <summary>A destination can serve again.</summary>
    DestinationUp,

    /// <summary>A tier has lost the first of its destinations, and still has others.</summary>
    Degraded,

    /// <summary>A tier has all of its destinations again.</summary>
    Whole,

    /// <summary>The next failure reaches users.</summary>
    RedundancyLost,

    /// <summary>The next failure is covered again.</summary>
    RedundancyRegained,

    /// <summary>A signal of a destination fires, with or without effect.</summary>
    SignalFired,

    /// <summary>A signal of a destination fires no longer.</summary>
    SignalEnded,
}
