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
    internal static ClusterVote VoteOn(ClusterRuntime cluster, TimeSpan now) =>
        VoteRule.Of(cluster.Config, cluster.State, [.. cluster.Tiers.Select(static tier => tier.DownSince)], cluster.Aborted, now);
}
