namespace Gateway.Failover;

/// <summary>What a tier is good for now; the order counts.</summary>
internal enum TierHealth
{
    /// <summary>Nothing to send to.</summary>
    Unavailable,

    /// <summary>Fewer healthy destinations than <c>failover.minHealthy</c>: better than the fallback chain, no more.</summary>
    Degraded,

    /// <summary>Enough, if those that were never probed are counted.</summary>
    Unverified,

    /// <summary>Enough that are known to be up.</summary>
    Healthy,
}
