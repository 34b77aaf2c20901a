using System.Collections.Immutable;

namespace Gateway.Consensus;

/// <summary>
/// What one gateway holds of one cluster, by its own eyes alone: its vote. Others' words never enter it, so that no vote feeds itself.
/// </summary>
/// <param name="Cluster">The key under <c>clusters</c>.</param>
/// <param name="Active">The tier that serves its users; null: none can.</param>
/// <param name="Epoch">The last agreed change that it has acted on.</param>
/// <param name="Tiers">In the order of its configuration.</param>
internal sealed record ClusterVote(string Cluster, string? Active, long Epoch, ImmutableArray<TierVote> Tiers)
{
    /// <summary>Records compare arrays by reference; votes are compared by what they say.</summary>
    public bool SaysTheSameAs(ClusterVote other) =>
        string.Equals(Cluster, other.Cluster, StringComparison.Ordinal)
            && string.Equals(Active, other.Active, StringComparison.Ordinal)
            && Epoch == other.Epoch
            && Tiers.SequenceEqual(other.Tiers);

    /// <summary>Its vote on a tier; all false for a tier that it does not know.</summary>
    public TierVote Of(string tier)
    {
        foreach (var known in Tiers)
        {
            if (string.Equals(known.Tier, tier, StringComparison.Ordinal))
            {
                return known;
            }
        }

        return new TierVote(tier, Down: false, Able: false, ReadyToFailBack: false);
    }
}

/// <summary>A vote on one tier.</summary>
/// <param name="Tier">Its name.</param>
/// <param name="Down">It cannot serve; if it is the active one, since <c>failover.switchAfter</c>.</param>
/// <param name="Able">It can, and is known to.</param>
/// <param name="ReadyToFailBack">It is better than the active one, and has been able for long enough to take over.</param>
internal readonly record struct TierVote(string Tier, bool Down, bool Able, bool ReadyToFailBack);
