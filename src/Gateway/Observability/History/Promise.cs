namespace Gateway.Observability.History;

/// <summary>What the gateway promises of a cluster, and what only its use proves.</summary>
internal enum Promise
{
    /// <summary>Another tier takes over, and no more requests count against the objective than it allows.</summary>
    Failover,

    /// <summary>The better tier takes over again, and no more requests count against the objective than it allows.</summary>
    Failback,

    /// <summary>
    /// The tier goes on without one of its destinations, and no more requests count against the objective than it allows.
    /// </summary>
    DestinationLoss,
}
