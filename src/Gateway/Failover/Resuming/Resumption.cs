using System.Collections.Immutable;

namespace Gateway.Failover.Resuming;

/// <summary>What was true of a cluster before a restart; it counts once the first round of probes has shown what still is.</summary>
/// <param name="Active">The tier that served.</param>
/// <param name="ActiveSince">Since when, on the loop's clock.</param>
/// <param name="HealthySince">Since when each tier has been able to serve; null: it was not.</param>
/// <param name="RampFrom">The tier that carried the rest; -1: there was no ramp.</param>
/// <param name="RampShare">What the share had reached.</param>
internal sealed record Resumption(
    int Active, TimeSpan ActiveSince, ImmutableArray<TimeSpan?> HealthySince, int RampFrom, double RampShare)
{
    /// <summary>The tier that serves on, if it still can; -1: it cannot.</summary>
    /// <param name="tiers">What each tier is good for now.</param>
    /// <param name="mayBeUnverified">Its probes have time; false: a tier that is known to be healthy goes before one that is not.</param>
    public int ActiveOf(ReadOnlySpan<TierHealth> tiers, bool mayBeUnverified) =>
        tiers[Active] == TierHealth.Healthy
            || (tiers[Active] == TierHealth.Unverified && (mayBeUnverified || !tiers.Contains(TierHealth.Healthy))) ? Active : -1;
}
