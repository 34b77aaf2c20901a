using System.Collections.Immutable;
using Gateway.Consensus;

namespace Gateway.Failover;

/// <summary>
/// This gateway's votes on its clusters, for the others, and what the fleet decided, for the machine. Only the failover loop touches it;
/// any thread reads the votes.
/// </summary>
internal sealed class ClusterVotes(ClusterTable clusters, ClusterDecider decider)
{
    private ClusterVote[] _votes = [];

    /// <summary>Told when a vote changed; must not wait. Null: there is no fleet, and no vote is made.</summary>
    public Action? Changed { get; set; }

    /// <summary>The votes; a cluster is in it once its first round of probes is over.</summary>
    public IReadOnlyList<ClusterVote> All => Volatile.Read(ref _votes);

    /// <summary>What the fleet decided, by cluster; a cluster that is not in it is decided alone.</summary>
    public void OnGuided(ImmutableDictionary<string, FleetGuidance> guidance, TimeSpan now)
    {
        foreach (var cluster in clusters.All)
        {
            cluster.Guidance = guidance.GetValueOrDefault(cluster.Config.Name);
            cluster.GuidedAt = now;
            decider.Evaluate(cluster, order: null, command: null, now);
        }
    }

    /// <summary>Publishes the votes if one of them changed.</summary>
    public void Publish(TimeSpan now)
    {
        if (Changed is null)
        {
            return;
        }

        ClusterVote[] votes = [.. clusters.All.Where(static c => c.State.Settled).Select(c => VoteOn(c, now))];
        var before = _votes;
        if (before.Length == votes.Length && !before.Where((b, i) => !b.SaysTheSameAs(votes[i])).Any())
        {
            return;
        }

        Volatile.Write(ref _votes, votes);
        Changed();
    }

    /// <summary>This gateway's vote on a cluster.</summary>
    internal static ClusterVote VoteOn(ClusterRuntime cluster, TimeSpan now)
    {
        var state = cluster.State;
        var config = cluster.Config;
        var wait = FailoverTimers.WaitOf(state.Relapses, config.Failback);
        return new ClusterVote(
            config.Name,
            state.Active >= 0 ? cluster.Tiers[state.Active].Config.Name : null,
            state.Epoch,
            [.. cluster.Tiers.Select((tier, index) => new TierVote(
            tier.Config.Name,
            Down: (tier.DownSince is { } since && (index != state.Active || now - since >= config.Failover.SwitchAfter))
                || WasAborted(cluster, tier.Config.Name, now),
            Able: tier.DownSince is null && index < state.HealthySince.Length && state.HealthySince[index] is not null,
            ReadyToFailBack: config.Failback.Auto
                && state.Held is null
                && state.RampFrom < 0
                && index < state.Active
                && index < state.HealthySince.Length
                && state.HealthySince[index] is { } able
                && now - able >= wait))]);
    }

    // It can serve, and is worse than another all the same: the others hear of it for as long as an agreement is fresh.
    private static bool WasAborted(ClusterRuntime cluster, string tier, TimeSpan now) =>
        cluster.Aborted is { } aborted
        && string.Equals(aborted.Tier, tier, StringComparison.Ordinal)
        && now - aborted.At <= QuorumRule.Fresh;
}
