using Gateway.Consensus;
using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>What a gateway of a fleet makes of a moment, by the functions that the failover loop calls.</summary>
internal static class FleetTurn
{
    private const int MostSteps = 5;

    /// <summary>The moment's steps.</summary>
    /// <param name="rules">What is given.</param>
    /// <param name="member">The gateway.</param>
    /// <param name="now">Its clock.</param>
    /// <param name="order">An operator's order.</param>
    public static Outcome<FleetMember> Take(FleetRules rules, FleetMember member, TimeSpan now, Order? order = null)
    {
        var announced = false;
        for (var step = 0; step < MostSteps; step++)
        {
            // 1. What its own eyes say, and what the fleet says of it.
            Span<TierHealth> tiers = [member.Sights[0], member.Sights[1]];
            member = member with
            {
                DownSince = [DownSince(member, 0, now), DownSince(member, 1, now)],
                HealthyFor = [HealthyFor(member, 0), HealthyFor(member, 1)],
            };
            FleetDirective word = default;
            if (member.Guidance is { } guidance && FleetGuidance.CountsAt(member.GuidedAt, now))
            {
                ReadOnlySpan<bool> reachable = [tiers[0] > TierHealth.Unavailable, tiers[1] > TierHealth.Unavailable];
                word = FleetWeighing.Weigh(rules.Config.Tiers, tiers, reachable, guidance, member.GuidedAt);
            }

            // 2. The machine's turn.
            var (machine, change) = FailoverMachine.Step(member.Machine, tiers, order, member.FirstRound, rules.Config, now, word);
            var after = member with { Machine = machine };
            if (FleetInvariants.OfStep(rules, member, after, tiers, order, change, word, now) is { } broken)
            {
                return new Outcome<FleetMember>(after, announced, broken);
            }

            announced |= change is not null;
            var isProvisional = machine.Active != member.Machine.Active;
            member = after;
            if (change is null && order is null && !isProvisional)
            {
                return new Outcome<FleetMember>(member, announced, FleetInvariants.OfMoment(rules, member, tiers, now));
            }

            order = null;
        }

        return new Outcome<FleetMember>(member, announced, $"no-livelock: {MostSteps} steps without time, and no end");
    }

    private static TimeSpan? DownSince(FleetMember member, int tier, TimeSpan now) =>
        member.Sights[tier] < TierHealth.Unverified ? member.DownSince[tier] ?? now : null;

    private static int HealthyFor(FleetMember member, int tier) =>
        member.Sights[tier] == TierHealth.Healthy ? Math.Max(0, member.HealthyFor[tier]) : -1;
}
