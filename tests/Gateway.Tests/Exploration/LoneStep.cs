using Gateway.Failover;
using Gateway.Failover.Comparison;

namespace Gateway.Tests.Exploration;

/// <summary>What one gateway makes of a moment, by the functions that the failover loop calls.</summary>
internal static class LoneStep
{
    // The loop ticks every 50 ms while a machine has something to do: within a moment of the world it takes as many steps as it needs.
    private const int MostSteps = 5;

    private static readonly ComparisonFinding Finding = new(ComparedShare.Failed, 0.1, 0.01, 1000, ByConversation: false);

    /// <summary>The moment's steps.</summary>
    /// <param name="rules">What is given.</param>
    /// <param name="gateway">The gateway, with what it sees now.</param>
    /// <param name="ticked">Time has passed.</param>
    /// <param name="order">An operator's order.</param>
    /// <param name="isWorse">The tier in its ramp has proved to be worse.</param>
    public static Outcome<LoneGateway> Take(
        LoneRules rules, LoneGateway gateway, bool ticked = false, Order? order = null, bool isWorse = false)
    {
        gateway = gateway with { Witness = gateway.Witness.Look(rules, gateway, ticked) };
        var layout = rules.Layouts[gateway.Layout];
        Span<TierHealth> tiers = stackalloc TierHealth[layout.Length];
        for (var place = 0; place < tiers.Length; place++)
        {
            tiers[place] = gateway.Standings[layout[place]];
        }

        var announced = false;
        for (var step = 0; step < MostSteps; step++)
        {
            var compared = gateway.Machine.RampFrom >= 0 && (gateway.InDoubt || isWorse) ? new ComparisonResult(Finding, isWorse) : default;
            var (machine, change) = FailoverMachine.Step(
                gateway.Machine, tiers, order, gateway.FirstRound, rules.Config, gateway.Now, compared: compared);
            var after = gateway with { Machine = machine, InDoubt = gateway.InDoubt && machine.RampFrom >= 0 };
            if (LoneInvariants.OfStep(rules, gateway, after, order, change) is { } broken)
            {
                return new Outcome<LoneGateway>(after, announced, broken);
            }

            var wasOrdered = order is not null;
            if (order is { } given)
            {
                after = after with
                {
                    Witness = after.Witness with
                    {
                        Held = given.Hold is { } hold ? layout[hold.Tier] : -1,
                        HeldFor = given.Hold is null ? -1 : rules.HoldTicks,
                    },
                };
            }

            // What is due beside the end of the first round follows with the loop's next tick.
            var isProvisional = machine.Active != gateway.Machine.Active || machine.Settled != gateway.Machine.Settled;
            gateway = after with { Witness = after.Witness.Follow(rules, gateway, after, change) };
            announced |= change is not null;
            (order, isWorse) = (null, false);
            if (change is null && !wasOrdered && !isProvisional)
            {
                return new Outcome<LoneGateway>(gateway, announced, LoneInvariants.OfMoment(rules, gateway));
            }
        }

        return new Outcome<LoneGateway>(gateway, announced, $"no-livelock: {MostSteps} steps without time, and no end");
    }
}
