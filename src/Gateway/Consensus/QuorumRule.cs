using System.Collections.Immutable;

namespace Gateway.Consensus;

/// <summary>What goes into a decision about one cluster.</summary>
/// <param name="Mine">This gateway's vote.</param>
/// <param name="Others">The votes of the other living gateways that know the cluster.</param>
/// <param name="Change">The last agreed change; null: none is known.</param>
/// <param name="Age">How long ago that was agreed.</param>
internal sealed record FleetCase(ClusterVote Mine, IReadOnlyList<ClusterVote> Others, AgreedChange? Change, TimeSpan Age);

/// <summary>What comes of it.</summary>
/// <param name="Guidance">For the machine; null: decide alone.</param>
/// <param name="Kind">The kind of a change to propose; null: none.</param>
/// <param name="From">The tier to leave.</param>
/// <param name="To">The tier to take.</param>
internal sealed record FleetDecision(FleetGuidance? Guidance, AgreedChangeKind? Kind = null, string From = "", string To = "");

/// <summary>
/// How gateways decide together, as pure functions. Down: a majority of the living ejects a tier for all; a gateway that cannot send to it
/// at all leaves it at once, whatever the others say. Up: at least half must hold the better tier to be ripe, and then all begin the ramp
/// at the same moment.
/// </summary>
internal static class QuorumRule
{
    /// <summary>
    /// An agreement this young is followed by every gateway that sees it; an older one only if most others still serve by it.
    /// </summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>The decision of one gateway about one cluster.</summary>
    public static FleetDecision Decide(FleetCase given)
    {
        var (mine, others) = (given.Mine, given.Others);
        if (others.Count == 0)
        {
            return new FleetDecision(Guidance: null);
        }

        int PlaceOf(string? tier) => tier is null ? int.MaxValue : IndexOf(mine.Tiers, tier) is >= 0 and var index ? index : int.MaxValue;
        var living = others.Count + 1;
        var places = others.Select(o => PlaceOf(o.Active)).ToArray();
        var my = PlaceOf(mine.Active);

        // 1. What is said of each tier.
        var tiers = mine.Tiers.Select((tier, index) =>
        {
            var down = others.Count(o => o.Of(tier.Tier).Down) + (tier.Down ? 1 : 0);
            return new TierGuidance(
                tier.Tier,
                down,
                VotedDown: down * 2 > living,
                MayReturn: places.Count(p => p <= index) * 2 > others.Count);
        }).ToImmutableArray();

        // 2. An agreed change that was not carried out here yet.
        var change = given.Change is { } known && PlaceOf(known.From) < int.MaxValue && PlaceOf(known.To) < int.MaxValue ? known : null;
        var meant = change is not null
            && change.Epoch > mine.Epoch
            && (given.Age <= Fresh || places.Count(p => p == PlaceOf(change.To)) * 2 > others.Count);
        var guidance = new FleetGuidance(living, tiers, meant ? new PendingDecision(change!, given.Age) : null);
        if (mine.Active is null || my == int.MaxValue)
        {
            return new FleetDecision(guidance);
        }

        // 3. Left for a worse tier with a majority, and that is not written down yet.
        var served = change is null ? 0 : PlaceOf(change.To);
        for (var index = 0; index < my; index++)
        {
            if (tiers[index].VotedDown && served <= index)
            {
                return new FleetDecision(guidance, AgreedChangeKind.Failover, tiers[index].Tier, mine.Active);
            }
        }

        // 4. ReadyToFailBack for a better one, together with half of the fleet. Where most are already, one follows by oneself.
        var justAgreed = change is { Kind: AgreedChangeKind.Failback } && given.Age <= Fresh;
        for (var index = 0; index < my; index++)
        {
            var ready = others.Where((o, i) => places[i] <= index || o.Of(tiers[index].Tier).ReadyToFailBack).Count() + 1;
            if (mine.Tiers[index].ReadyToFailBack && !tiers[index].MayReturn && ready * 2 >= living && !(justAgreed && served <= index))
            {
                return new FleetDecision(guidance, AgreedChangeKind.Failback, mine.Active, tiers[index].Tier);
            }
        }

        return new FleetDecision(guidance);
    }

    private static int IndexOf(ImmutableArray<TierVote> tiers, string name)
    {
        for (var index = 0; index < tiers.Length; index++)
        {
            if (string.Equals(tiers[index].Tier, name, StringComparison.Ordinal))
            {
                return index;
            }
        }

        return -1;
    }
}
