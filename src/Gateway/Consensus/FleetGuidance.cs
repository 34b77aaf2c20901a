using System.Collections.Immutable;

namespace Gateway.Consensus;

/// <summary>What the other gateways' votes mean for one cluster here. Null in its place: decide alone.</summary>
/// <param name="Living">How many gateways know this cluster and live, this one included.</param>
/// <param name="Tiers">By name, so that a reload meanwhile cannot mistake one for another.</param>
/// <param name="Call">An agreed change that is not yet carried out here; null: none.</param>
internal sealed record FleetGuidance(int Living, ImmutableArray<TierGuidance> Tiers, PendingDecision? Call)
{
    /// <summary>It counts for this long; after that a gateway decides alone.</summary>
    public static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(1.5);

    /// <summary>What was heard then still counts.</summary>
    public static bool CountsAt(TimeSpan heardAt, TimeSpan now) => now - heardAt <= ValidFor;

    /// <summary>About one tier; null: the fleet says nothing of it.</summary>
    public TierGuidance? Of(string tier)
    {
        foreach (var known in Tiers)
        {
            if (string.Equals(known.Tier, tier, StringComparison.Ordinal))
            {
                return known;
            }
        }

        return null;
    }
}

/// <summary>What the fleet says of one tier.</summary>
/// <param name="Tier">Its name.</param>
/// <param name="DownVotes">How many gateways, this one included, cannot use it.</param>
/// <param name="VotedDown">Those are more than half.</param>
/// <param name="MayReturn">Most others serve from it, or from a better one: a gateway that has verified it may follow by itself.</param>
internal sealed record TierGuidance(string Tier, int DownVotes, bool VotedDown, bool MayReturn);

/// <summary>An agreed change to carry out.</summary>
/// <param name="Change">What was agreed.</param>
/// <param name="Elapsed">How long ago, by the clock of Redis: a ramp is joined where the others are.</param>
internal sealed record PendingDecision(AgreedChange Change, TimeSpan Elapsed);
