namespace Gateway.Failover;

/// <summary>An agreed change by the tiers' places.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Up">A failback; false: a failover.</param>
/// <param name="From">The tier that is left.</param>
/// <param name="To">The tier that takes over.</param>
/// <param name="Since">When it was agreed, on the loop's clock.</param>
internal readonly record struct TierSwitchDecision(long Epoch, bool Up, int From, int To, TimeSpan Since);
