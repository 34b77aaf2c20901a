using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Forwarding.LoadBalancing;

[Trait("kind", "unit")]
public class BalancerTests
{
    private const int Draws = 60_000;

    [Theory]
    [InlineData(BalanceMethod.RoundRobin, 1, 1, 1)]
    [InlineData(BalanceMethod.RoundRobin, 1, 2, 5)]
    [InlineData(BalanceMethod.Random, 1, 1, 1)]
    [InlineData(BalanceMethod.Random, 1, 2, 5)]
    [InlineData(BalanceMethod.PowerOfTwo, 1, 1, 1)]
    [InlineData(BalanceMethod.PowerOfTwo, 1, 2, 5)]
    [InlineData(BalanceMethod.LeastRequests, 1, 1, 1)]
    [InlineData(BalanceMethod.LeastRequests, 1, 2, 5)]
    [InlineData(BalanceMethod.PeakEwma, 1, 1, 1)]
    [InlineData(BalanceMethod.PeakEwma, 1, 2, 5)]
    internal void Choose_Idle_SharesByWeight(BalanceMethod method, int a, int b, int c)
    {
        var tier = Tier(a, b, c);
        var counts = new Dictionary<Destination, int>();
        var policy = BalancePolicies.Of(method, new Random(1), TimeProvider.System);
        for (var i = 0; i < Draws; i++)
        {
            var chosen = Balancer.Choose(policy, tier, null, 0)!;
            counts[chosen] = counts.GetValueOrDefault(chosen) + 1;
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((double)tier.Weights[i] / (a + b + c), (double)counts[tier.Usable[i]] / Draws, tolerance: 0.02);
        }
    }

    [Theory]
    [InlineData(BalanceMethod.PowerOfTwo)]
    [InlineData(BalanceMethod.LeastRequests)]
    [InlineData(BalanceMethod.PeakEwma)]
    internal void Choose_UnderLoad_SharesWhatIsInFlightByWeight(BalanceMethod method)
    {
        var tier = Tier(1, 2, 5);
        var policy = BalancePolicies.Of(method, new Random(1), TimeProvider.System);
        for (var i = 0; i < 800; i++)
        {
            Balancer.Choose(policy, tier, null, 0)!.Begin();
        }

        Assert.InRange(tier.Usable[0].InFlight, 80, 120);
        Assert.InRange(tier.Usable[1].InFlight, 175, 225);
        Assert.InRange(tier.Usable[2].InFlight, 460, 540);
    }

    [Theory]
    [InlineData(BalanceMethod.RoundRobin)]
    [InlineData(BalanceMethod.Random)]
    [InlineData(BalanceMethod.PowerOfTwo)]
    [InlineData(BalanceMethod.LeastRequests)]
    [InlineData(BalanceMethod.PeakEwma)]
    internal void Choose_Tried_AreLeftOutUntilNothingIsLeft(BalanceMethod method)
    {
        var tier = Tier(1, 2, 5);
        var tried = new Destination?[3];
        for (var i = 0; i < 3; i++)
        {
            tried[i] = Balancer.Choose(BalancePolicies.Of(method, new Random(i), TimeProvider.System), tier, tried, i);
        }

        Assert.Equal(3, tried.Distinct().Count());
        Assert.Null(Balancer.Choose(BalancePolicies.Of(method, new Random(1), TimeProvider.System), tier, tried, 3));
        Assert.Null(Balancer.ByAffinity("key", tier, tried, 3));
    }

    [Fact]
    public void ByAffinity_ADestinationLeaves_OnlyItsOwnKeysMove()
    {
        var all = Tier(1, 1, 2, 4);
        var counts = new int[4];
        var fewer = new TierSnapshot
        {
            Name = "t",
            Index = 0,
            Load = all.Load,
            Usable = all.Usable[..3],
            Weights = all.Weights[..3],
            HalfOpen = [],
            All = all.All,
            CanServe = true
        };
        for (var i = 0; i < 20_000; i++)
        {
            var before = Balancer.ByAffinity("key-" + i, all, null, 0)!;
            var after = Balancer.ByAffinity("key-" + i, fewer, null, 0)!;
            counts[Array.IndexOf(all.Usable, before)]++;
            Assert.True(ReferenceEquals(before, after) || ReferenceEquals(before, all.Usable[3]));
            Assert.Same(after, Balancer.ByAffinity("key-" + i, all, [all.Usable[3]], 1));
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(all.Weights[i] / 8.0, counts[i] / 20_000.0, tolerance: 0.015);
        }
    }

    internal static TierSnapshot Tier(params int[] weights)
    {
        var destinations =
            weights.Select(static (_, i) => new Destination("c", "t", $"d{i}", new Uri($"http://127.0.0.1:{9000 + i}"))).ToArray();
        return new TierSnapshot
        {
            Name = "t",
            Index = 0,
            Load = new TierLoad(),
            Usable = destinations,
            Weights = weights,
            HalfOpen = [],
            All = destinations,
            CanServe = true
        };
    }
}
