using FsCheck;
using FsCheck.Fluent;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Xunit;

namespace Gateway.Tests.Failover;

[Trait("kind", "unit")]
public class FailoverPropertyTests
{
    private static readonly ClusterConfig Quick = new()
    {
        Name = "guide",
        Tiers = [],
        Failback = new FailbackConfig { After = TimeSpan.FromSeconds(2), Ramp = TimeSpan.FromSeconds(2) },
    };

    /// <summary>Whatever happens to three tiers: after each step the promises hold.</summary>
    [Fact]
    public void Machine_AnyHistory_KeepsItsPromises()
    {
        var standing = Gen.Elements(TierHealth.Unavailable, TierHealth.Degraded, TierHealth.Unverified, TierHealth.Healthy);
        var moment =
            from tiers in Gen.ArrayOf(
                standing,
                3)
            from ticks in Gen.Choose(1, 40)
            from order in Gen.Choose(0, 30)
            select (tiers, ticks, order);
        var history = Gen.ListOf(moment, 60).ToArbitrary();
        Prop.ForAll(history, moments => Check(moments)).QuickCheckThrowOnFailure();
    }

    private static void Check(IEnumerable<(TierHealth[] Tiers, int Ticks, int Order)> moments)
    {
        var state = new ClusterState { Settled = true };
        var now = TimeSpan.Zero;
        foreach (var (tiers, ticks, order) in moments)
        {
            for (var tick = 0; tick < ticks; tick++)
            {
                var before = state;
                now += TimeSpan.FromMilliseconds(100);
                Order? given = tick > 0
                    ? null
                    : order switch
                    {
                        < 3 => new Order(new Hold(order, now + TimeSpan.FromSeconds(3), "test")),
                        3 => new Order(Hold: null),
                        _ => null
                    };
                (state, var change) = FailoverMachine.Step(state, tiers, given, firstRound: true, Quick, now);

                // An order that changes nothing uses up its step; the tick after it decides.
                if (given is not null)
                {
                    (state, var second) = FailoverMachine.Step(state, tiers, null, firstRound: true, Quick, now);
                    Assert.True(change is null || second is null, "One order, two announcements.");
                    change ??= second;
                }

                // 1. One announcement for one change, and none without.
                Assert.Equal(before.Active != state.Active, change is not null);
                if (change is { } real)
                {
                    Assert.Equal((before.Active, state.Active), (real.From, real.To));
                }

                // 2. Never in a tier that cannot serve while another can; never exhausted while anything answers.
                var standing = state.Active < 0 ? TierHealth.Unavailable : tiers[state.Active];
                Assert.True(standing >= TierHealth.Unverified
                    || tiers.All(t => t <= standing), $"Active {state.Active} of {string.Join(' ', tiers)}");

                // 3. A ramp is between two different tiers that have something to send to.
                Assert.True(state.RampFrom < 0 || (state.RampFrom != state.Active && state.Active >= 0));

                // 4. The share is a share.
                Assert.InRange(FailoverTimers.ShareOf(state, Quick.Failback, now), 0.1, 1);
            }
        }
    }
}
