using System.Collections.Immutable;

namespace Gateway.Consensus;

/// <summary>
/// Whether a gateway reaches nothing while others reach what it cannot: the fault is then between it and the destinations, not theirs.
/// Pure.
/// </summary>
internal static class IsolationRule
{
    /// <summary>No tier of any cluster can serve, as this gateway sees it.</summary>
    public static bool ReachesNothing(ImmutableArray<ClusterVote> votes) =>
        !votes.IsEmpty && votes.All(static vote => vote.Active is null && vote.Tiers.All(static tier => tier.Down));

    /// <summary>A tier of some cluster serves, as a gateway sees it.</summary>
    public static bool ReachesSomething(ImmutableArray<ClusterVote> votes) => votes.Any(static vote => vote.Active is not null);

    /// <summary>How many others serve, if this gateway reaches nothing and most of the others do; else 0.</summary>
    /// <param name="mine">This gateway's votes.</param>
    /// <param name="others">The votes of each other living gateway on the clusters that this one knows.</param>
    public static int ServingWithout(ImmutableArray<ClusterVote> mine, IEnumerable<ImmutableArray<ClusterVote>> others)
    {
        if (!ReachesNothing(mine))
        {
            return 0;
        }

        // One that has no votes yet has not probed.
        var (serving, all) = (0, 0);
        foreach (var votes in others)
        {
            all += votes.IsEmpty ? 0 : 1;
            serving += ReachesSomething(votes) ? 1 : 0;
        }

        return serving * 2 > all ? serving : 0;
    }

    /// <summary>Most of the other gateways that know a cluster serve it.</summary>
    public static bool OthersServe(string cluster, IEnumerable<ImmutableArray<ClusterVote>> others)
    {
        var (serving, all) = (0, 0);
        foreach (var votes in others)
        {
            if (votes.FirstOrDefault(vote => string.Equals(vote.Cluster, cluster, StringComparison.Ordinal)) is { } vote)
            {
                all++;
                serving += vote.Active is null ? 0 : 1;
            }
        }

        return serving * 2 > all;
    }
}
