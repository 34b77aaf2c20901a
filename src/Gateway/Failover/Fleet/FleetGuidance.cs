using System.Collections.Immutable;

namespace Gateway.Failover;

/// <summary>What the other gateways' opinions mean for one cluster here. Null in its place: decide alone.</summary>
/// <param name="Living">How many gateways know this cluster and live, this one included.</param>
/// <param name="Tiers">By name, so that a reload meanwhile cannot mistake one for another.</param>
/// <param name="Call">An agreed change that is not yet carried out here; null: none.</param>
internal sealed record FleetGuidance(int Living, ImmutableArray<TierGuidance> Tiers, PendingDecision? Call)
{
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
/// <param name="Condemned">Those are more than half.</param>
/// <param name="MayReturn">Most others serve from it, or from a better one: a gateway that has verified it may follow by itself.</param>
internal sealed record TierGuidance(string Tier, int DownVotes, bool Condemned, bool MayReturn);

/// <summary>An agreed change to carry out.</summary>
/// <param name="Verdict">What was agreed.</param>
/// <param name="Elapsed">How long ago, by the clock of Redis: a ramp is joined where the others are.</param>
internal sealed record PendingDecision(FleetVerdict Verdict, TimeSpan Elapsed);

/// <summary>The same for the machine, which knows tiers by their place. The default: decide alone.</summary>
/// <param name="Agreed">The gateways agree on what they do; false: this one decides alone.</param>
/// <param name="MayReturn">A bit for each tier (the first 32): it may be taken again without an agreement.</param>
/// <param name="Call">An agreed change; null: none.</param>
internal readonly record struct FleetDirective(bool Agreed, uint MayReturn, TierSwitchDecision? Call)
{
    /// <summary>Whether this gateway may go back to a tier on its own proof.</summary>
    public bool AllowsFailback(int tier) => !Agreed || (tier < 32 && (MayReturn & (1u << tier)) != 0);
}

/// <summary>An agreed change by the tiers' places.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Up">A failback; false: a failover.</param>
/// <param name="From">The tier that is left.</param>
/// <param name="To">The tier that takes over.</param>
/// <param name="Since">When it was agreed, on the loop's clock.</param>
internal readonly record struct TierSwitchDecision(long Epoch, bool Up, int From, int To, TimeSpan Since);
