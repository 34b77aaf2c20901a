namespace Gateway.Failover;

/// <summary>What a tier is good for now; the order counts.</summary>
internal enum TierStanding
{
    /// <summary>Nothing to send to.</summary>
    None,

    /// <summary>Fewer healthy destinations than <c>failover.minHealthy</c>: better than the ladder, no more.</summary>
    Weak,

    /// <summary>Enough, if those that were never probed are counted.</summary>
    Unproven,

    /// <summary>Enough that are known to be up.</summary>
    Able,
}
