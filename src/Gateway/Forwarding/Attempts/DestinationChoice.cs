using Gateway.Failover;
using Gateway.Failover.Comparison;
using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Forwarding.Overload;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Forwarding.Attempts;

/// <summary>Where each attempt of one request goes: what was tried, and the published state that the choice is made from.</summary>
/// <param name="plan">The route's plan.</param>
/// <param name="request">The request, for its affinity key.</param>
/// <param name="snapshot">The published state when the request began.</param>
/// <param name="firstTier">The tier that serves this request.</param>
/// <param name="mostAttempts">Attempts that the request may make; one destination more may be named to be avoided.</param>
internal sealed class DestinationChoice(CompiledRoute plan, HttpRequest request, ClusterSnapshot snapshot, int firstTier, int mostAttempts)
{
    private readonly Destination?[] _tried = new Destination?[mostAttempts + 1];
    private ClusterSnapshot _snapshot = snapshot;
    private int _triedCount;

    /// <summary>The tier that serves this request.</summary>
    public int FirstTier { get; private set; } = firstTier;

    /// <summary>This destination is not chosen again as long as there is another.</summary>
    public void Avoid(Destination destination) => _tried[_triedCount++] = destination;

    /// <summary>An attempt goes to this destination: its conversation is there from now on.</summary>
    public void Note(Destination destination) => Affinity.Note(plan, request, destination);

    /// <summary>
    /// What the request's first attempt counts in while its tier is compared with another; null: it does not. Requests that only the first
    /// tier gets have no like in the other.
    /// </summary>
    public TierCounts? CountsOf(TierSnapshot tier)
    {
        if (tier.Load.Counts is not { } counts || plan.FirstTierOnly)
        {
            return null;
        }

        return counts.Conversations is { } conversations
            && Affinity.KeyOf(plan.ClusterConfig.Affinity, request) is { Length: > 0 } key
            && !conversations.TryAdd(Balancer.HashOf(key))
            ? null
            : counts;
    }

    /// <summary>This destination was not really tried: it may be chosen again.</summary>
    public void Forgive(Destination destination)
    {
        var at = _tried.AsSpan(0, _triedCount).IndexOf(destination);
        if (at >= 0)
        {
            _tried[at] = _tried[--_triedCount];
        }
    }

    /// <summary>A further attempt goes by what holds now, which may have changed since the request began.</summary>
    public void LookAgain()
    {
        var now = plan.Traffic.Cluster.Snapshot;
        if (ReferenceEquals(now, _snapshot) || now.Exhausted || (plan.FirstTierOnly && now.Active > 0))
        {
            return;
        }

        _snapshot = now;
        FirstTier = plan.FirstTierOnly ? 0 : Affinity.TierOf(plan, now, request);
    }

    /// <summary>
    /// Where the next attempt goes: first inside the tier that serves, then, when that looks ill or has nothing left, and for
    /// the last attempt of all, to the tiers behind and before it.
    /// </summary>
    /// <param name="purpose">Why it is made.</param>
    /// <param name="isLast">No other may follow it.</param>
    public (Destination? Destination, TierSnapshot? Tier) Next(AttemptPurpose purpose, bool isLast)
    {
        var tiers = _snapshot.Tiers;
        var first = tiers[FirstTier];
        if (plan.Timing.HasAvoided
            && !(isLast && purpose != AttemptPurpose.First)
            && NextAmongAvoided(purpose) is { Destination: not null } preferred)
        {
            return preferred;
        }

        var elsewhere = purpose != AttemptPurpose.First && !plan.FirstTierOnly && (first.LooksIll || isLast);
        if (!elsewhere && ChooseIn(first, purpose) is { } here)
        {
            return (here, first);
        }

        if (!plan.FirstTierOnly)
        {
            for (var pass = 0; pass < 2; pass++)
            {
                for (var i = 0; i < tiers.Length; i++)
                {
                    // Those behind come before those in front: a better tier that does not serve has its reasons.
                    var index = (FirstTier + 1 + i) % tiers.Length;
                    if (index != FirstTier && (pass == 1 || tiers[index].CanServe) && ChooseIn(tiers[index], purpose) is { } there)
                    {
                        return (there, tiers[index]);
                    }
                }
            }
        }

        return elsewhere && ChooseIn(first, purpose) is { } last ? (last, first) : (null, null);
    }

    // The one this route prefers, while it avoids some: in the tier that serves; where all are ill or suspected on this route, in
    // another that is free of that.
    private (Destination? Destination, TierSnapshot? Tier) NextAmongAvoided(AttemptPurpose purpose)
    {
        var first = _snapshot.Tiers[FirstTier];
        if (ChooseIn(first, purpose, RouteAvoidance.None) is { } here)
        {
            return (here, first);
        }

        if (ChooseIn(first, purpose, RouteAvoidance.Deferred) is not null || plan.FirstTierOnly)
        {
            return (null, null);
        }

        // It is a guest there, whatever its purpose: it does not enter a tier that is full, a hedge none that is nearly so.
        var asGuest = purpose == AttemptPurpose.Hedge ? purpose : AttemptPurpose.Repeat;
        for (var i = 1; i < _snapshot.Tiers.Length; i++)
        {
            var tier = _snapshot.Tiers[(FirstTier + i) % _snapshot.Tiers.Length];
            if (tier.CanServe && ChooseIn(tier, asGuest, RouteAvoidance.None) is { } there)
            {
                return (there, tier);
            }
        }

        return (null, null);
    }

    // As below, without what this route avoids by more than is allowed.
    private Destination? ChooseIn(TierSnapshot tier, AttemptPurpose purpose, RouteAvoidance atMost)
    {
        // A conversation stays where it is unless others are known to serve it better.
        var mostAllowed = Affinity.KeyOf(plan.ClusterConfig.Affinity, request) is { Length: > 0 } && atMost < RouteAvoidance.Suspected
            ? RouteAvoidance.Suspected
            : atMost;
        var without = new Destination?[_triedCount + tier.Usable.Length];
        Array.Copy(_tried, without, _triedCount);
        var count = _triedCount;
        foreach (var destination in tier.Usable)
        {
            if (destination.IsFull || plan.EndpointOf(destination).Tally.Avoidance > mostAllowed)
            {
                without[count++] = destination;
            }
        }

        return count - _triedCount == tier.Usable.Length ? null : ChooseIn(tier, purpose, without, count);
    }

    private Destination? ChooseIn(TierSnapshot tier, AttemptPurpose purpose)
    {
        if (!tier.HasLimits || !Array.Exists(tier.Usable, static destination => destination.IsFull))
        {
            return ChooseIn(tier, purpose, _tried, _triedCount);
        }

        // Without those that have as many requests as they may have.
        var without = new Destination?[_triedCount + tier.Usable.Length];
        Array.Copy(_tried, without, _triedCount);
        var count = _triedCount;
        foreach (var destination in tier.Usable)
        {
            if (destination.IsFull)
            {
                without[count++] = destination;
            }
        }

        return count - _triedCount == tier.Usable.Length ? null : ChooseIn(tier, purpose, without, count);
    }

    private Destination? ChooseIn(TierSnapshot tier, AttemptPurpose purpose, Destination?[] without, int count)
    {
        if (purpose != AttemptPurpose.First && !TierAdmission.AdmitsFurther(tier, purpose == AttemptPurpose.Hedge, plan.HedgesUpTo))
        {
            return null;
        }

        if (Affinity.KeyOf(plan.ClusterConfig.Affinity, request) is not { Length: > 0 } key)
        {
            return Balancer.Choose(plan.Traffic.Policy, tier, without, count);
        }

        return Affinity.StayOf(plan, _snapshot, key) is { } stay
            && stay.Tier == tier.Index
            && !without.AsSpan(0, count).Contains(stay.Destination)
            ? stay.Destination
            : Balancer.ByAffinity(key, tier, without, count);
    }
}
