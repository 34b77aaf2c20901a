using Gateway.Configuration.Model;
using Gateway.Consensus;

namespace Gateway.Failover;

/// <summary>What a gateway's own eyes come to as its vote on a cluster. Pure.</summary>
internal static class VoteRule
{
    /// <summary>The vote.</summary>
    /// <param name="config">The cluster's rules.</param>
    /// <param name="state">What the machine remembers.</param>
    /// <param name="downSince">Since when each tier cannot serve, by this gateway's own eyes; null: it can.</param>
    /// <param name="aborted">The tier that was left because it was worse than another, and when; null: none was.</param>
    /// <param name="now">The loop's clock.</param>
    public static ClusterVote Of(
        ClusterConfig config, ClusterState state, IReadOnlyList<TimeSpan?> downSince, (string Tier, TimeSpan At)? aborted, TimeSpan now)
    {
        var wait = FailoverTimers.WaitOf(state.Relapses, config.Failback);
        return new ClusterVote(
            config.Name,
            state.Active >= 0 ? config.Tiers[state.Active].Name : null,
            state.Epoch,
            [.. config.Tiers.Select((tier, index) => new TierVote(
            tier.Name,
            Down: (downSince[index] is { } since && (index != state.Active || now - since >= config.Failover.SwitchAfter))
                || WasAborted(aborted, tier.Name, now),
            Able: downSince[index] is null && index < state.HealthySince.Length && state.HealthySince[index] is not null,
            ReadyToFailBack: config.Failback.Auto
                && state.Held is null
                && state.RampFrom < 0
                && index < state.Active
                && index < state.HealthySince.Length
                && state.HealthySince[index] is { } able
                && now - able >= wait))]);
    }

    // It can serve, and is worse than another all the same: the others hear of it for as long as an agreement is fresh.
    private static bool WasAborted((string Tier, TimeSpan At)? aborted, string tier, TimeSpan now) =>
        aborted is { } left
        && string.Equals(left.Tier, tier, StringComparison.Ordinal)
        && now - left.At <= QuorumRule.Fresh;
}
