namespace Gateway.Consensus;

/// <summary>A change of tier that the living gateways agreed on. The highest epoch counts, whatever any clock says.</summary>
/// <param name="Epoch">Counts agreed changes and operators' orders together, across all clusters.</param>
/// <param name="Cluster">The key under <c>clusters</c>.</param>
/// <param name="Kind">Down or up.</param>
/// <param name="From">The tier that is left.</param>
/// <param name="To">The tier that takes over.</param>
internal sealed record AgreedChange(long Epoch, string Cluster, AgreedChangeKind Kind, string From, string To);

/// <summary>What was agreed.</summary>
internal enum AgreedChangeKind
{
    /// <summary>A majority cannot use a tier.</summary>
    Failover,

    /// <summary>At least half hold a better tier to have proved itself: the ramp begins, for all at the same moment.</summary>
    Failback,
}
