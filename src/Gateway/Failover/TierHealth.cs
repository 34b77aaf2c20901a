namespace Gateway.Failover;

/// <summary>What a tier is good for now; the order counts.</summary>
internal enum TierHealth
{
    /// <summary>Nothing to send to.</summary>
    Unavailable,

    /// <summary>
    /// Fewer healthy destinations than <c>failover.minHealthy</c>: better than the fallback chain, no more. Narrower than what people call
    /// a degraded tier (<c>gateway_tier_degraded</c>), which has lost any destination; a degraded request is another thing again.
    /// </summary>
    Degraded,

    /// <summary>Enough, if those that were never probed are counted.</summary>
    Unverified,

    /// <summary>Enough that are known to be up.</summary>
    Healthy,
}
