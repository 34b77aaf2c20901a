using Gateway.Consensus;
using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>What must hold of each gateway of a fleet: docs/proofs.md says what each name means.</summary>
internal static class FleetInvariants
{
    private static readonly string[] Names = ["primary", "standby"];

    /// <summary>Of one step of a machine; null: all hold.</summary>
    public static string? OfStep(
        FleetRules rules,
        FleetMember before,
        FleetMember after,
        ReadOnlySpan<TierHealth> tiers,
        Order? order,
        Change? change,
        FleetDirective word,
        TimeSpan at)
    {
        var (was, now) = (before.Machine, after.Machine);
        if (now.Epoch < was.Epoch)
        {
            return $"epochs-grow: {was.Epoch} became {now.Epoch}";
        }

        if (!was.Settled)
        {
            return null;
        }

        // 1. A change is announced once, and nothing is that is none.
        if ((was.Active != now.Active) != (change is not null)
            || (change is { } said && (said.From != was.Active || said.To != now.Active)))
        {
            return $"one-announcement: from {was.Active} to {now.Active}, announced {change}";
        }

        // 2. What is held and can serve is not left; an order to hold is followed.
        if (order is null && now.Held is { } held && was.Held is not null && was.Active == held.Tier && now.Active != held.Tier
            && tiers[held.Tier] >= TierHealth.Unverified)
        {
            return $"hold-kept: {Names[held.Tier]} is held and can serve, and was left";
        }

        if (order is { Hold: { } hold } && tiers[hold.Tier] >= TierHealth.Unverified && now.Active != hold.Tier)
        {
            return $"hold-kept: {Names[hold.Tier]} can serve, and does not though it is to be held";
        }

        // 3. What can serve is left for a worse tier by an order, or once for each agreement.
        var isCalled = word.Call is { Up: false } down && down.Epoch > was.Epoch;
        if (order is null && !isCalled && change is { From: 0, To: 1, Reason: not TransitionReason.Hold }
            && tiers[0] >= TierHealth.Unverified)
        {
            return $"no-needless-failover: {Names[0]} can serve, and is left";
        }

        // 4. Started in the middle of a ramp: it takes part in it.
        if (word.Call is { Up: true } ramp && ramp.Epoch > was.Epoch && was.Active == ramp.To && was.RampFrom < 0
            && was.ActiveSince > ramp.Since && at - ramp.Since < rules.Config.Failback.Ramp && order is null
            && tiers[ramp.From] >= TierHealth.Unverified && tiers[ramp.To] >= TierHealth.Unverified && now.RampFrom != ramp.From)
        {
            return $"ramp-joined: the others are in a ramp from {Names[ramp.From]}, this one takes all at once";
        }

        // 5. No return before `after`, unless the others have agreed on it, and never to what is not known to serve.
        if (order is not null || change is not { From: 1, To: 0 } || tiers[1] < TierHealth.Unverified)
        {
            return null;
        }

        var isAgreed = word.Call is { Up: true, To: 0 } call && call.Epoch == now.Epoch && was.Epoch < now.Epoch;
        var wait = isAgreed ? 0 : (int)(rules.Config.Failback.After / FleetRules.Tick);
        return before.HealthyFor[0] < wait ? $"no-early-return: to primary after {before.HealthyFor[0]} ticks of {wait}" : null;
    }

    /// <summary>Of a moment, when a machine has nothing more to do in it; null: all hold.</summary>
    public static string? OfMoment(FleetRules rules, FleetMember member, ReadOnlySpan<TierHealth> tiers, TimeSpan now)
    {
        var machine = member.Machine;
        if (!machine.Settled)
        {
            return null;
        }

        var active = machine.Active >= 0 ? tiers[machine.Active] : TierHealth.Unavailable;
        for (var tier = 0; tier < tiers.Length; tier++)
        {
            if (active < TierHealth.Unverified && tiers[tier] > active)
            {
                return $"healthy-tier-used: {Names[tier]} is {tiers[tier]}, the active tier {active}";
            }
        }

        var share = FailoverTimers.ShareOf(machine, rules.Config.Failback, now);
        return share is < 0.1 or > 1 || (machine.RampFrom >= 0 && (machine.Active < 0 || machine.RampFrom == machine.Active))
            ? $"ramp-sound: from {machine.RampFrom} to {machine.Active} with a share of {share}"
            : null;
    }

    /// <summary>Of what a gateway makes of the votes; null: all hold.</summary>
    /// <param name="guidance">What it makes of them.</param>
    /// <param name="mine">Its own.</param>
    /// <param name="others">Those of the others that count.</param>
    public static string? OfGuidance(FleetGuidance guidance, ClusterVote mine, IReadOnlyList<ClusterVote> others)
    {
        foreach (var tier in guidance.Tiers)
        {
            var down = others.Append(mine).Count(vote => vote.Of(tier.Tier).Down);
            if (tier.VotedDown && down * 2 <= others.Count + 1)
            {
                return $"majority-decides: {tier.Tier} is ejected by {down} of {others.Count + 1}";
            }
        }

        return guidance.Call is { } call
            && call.Elapsed > TimeSpan.FromSeconds(5)
            && others.Count(vote => string.Equals(vote.Active, call.Change.To, StringComparison.Ordinal)) * 2 <= others.Count
            ? $"majority-decides: an agreement that is {call.Elapsed.TotalSeconds} s old is followed, though most do not serve by it"
            : null;
    }

    /// <summary>Of what a gateway proposes; null: all hold.</summary>
    /// <param name="rules">What is given.</param>
    /// <param name="member">The gateway.</param>
    /// <param name="proposed">What it proposes.</param>
    /// <param name="others">The votes of the others that count.</param>
    public static string? OfProposal(FleetRules rules, FleetMember member, AgreedChange proposed, IReadOnlyList<ClusterVote> others)
    {
        if (proposed.Kind != AgreedChangeKind.Failback)
        {
            return null;
        }

        var after = (int)(rules.Config.Failback.After / FleetRules.Tick);
        var ready = others.Count(vote =>
            vote.Of(proposed.To).ReadyToFailBack || string.Equals(vote.Active, proposed.To, StringComparison.Ordinal));
        return member.HealthyFor[0] < after ? $"no-early-return: a failback is proposed after {member.HealthyFor[0]} ticks of {after}"
            : (ready + 1) * 2 < others.Count + 1 ? $"majority-decides: a failback is proposed by {ready + 1} of {others.Count + 1}"
            : null;
    }
}
