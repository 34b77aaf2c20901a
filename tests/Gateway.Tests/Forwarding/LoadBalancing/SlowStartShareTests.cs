using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Forwarding.LoadBalancing;

/// <summary>What a destination that starts slowly gets of the requests, by each policy.</summary>
[Trait("kind", "unit")]
public class SlowStartShareTests
{
    private const int Draws = 40_000;

    public static TheoryData<string, double> Policies()
    {
        var data = new TheoryData<string, double>();
        foreach (var method in Enum.GetValues<BalanceMethod>())
        {
            data.Add(method.ToString(), 0.1);
            data.Add(method.ToString(), 0.5);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Choose_OneOfThreeStarts_GetsThatShareOfItsThird(string method, double share) =>
        Assert.Equal(share / 3, ShareOf(2, method, Starting(1, 1, share), []), tolerance: 0.02);

    [Theory]
    [MemberData(nameof(Policies))]
    public void Choose_AllStart_ShareEqually(string method, double share) =>
        Assert.Equal(1 / 3.0, ShareOf(2, method, Starting(share, share, share), []), tolerance: 0.02);

    [Theory]
    [MemberData(nameof(Policies))]
    public void Choose_TheOthersWereTried_TakesIt(string method, double share)
    {
        var tier = Starting(1, 1, share);

        Assert.Equal(1, ShareOf(2, method, tier, [tier.Usable[0], tier.Usable[1]]));
        Assert.Equal(0, ShareOf(2, method, tier, [tier.Usable[2]]));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Choose_BusyOthers_DoNotSendItMoreThanItsShare(string method, double share)
    {
        var tier = Starting(1, 1, share);
        for (var i = 0; i < 50; i++)
        {
            tier.Usable[0].Begin();
            tier.Usable[1].Begin();
        }

        Assert.InRange(ShareOf(2, method, tier, []), 0.01, share + 0.02);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void ByAffinity_OneStarts_ItsKeysComeBackOneByOne(double share)
    {
        var whole = Starting(1, 1, 1);
        var starting = With(whole, 1, 1, share);
        var further = With(whole, 1, 1, share + 0.05);
        var (own, came, left) = (0, 0, 0);
        for (var i = 0; i < Draws; i++)
        {
            var at = Balancer.ByAffinity("key-" + i, whole, null, 0);
            var now = Balancer.ByAffinity("key-" + i, starting, null, 0);
            var then = Balancer.ByAffinity("key-" + i, further, null, 0);
            if (at != whole.Usable[2])
            {
                Assert.Same(at, now);
                continue;
            }

            own++;
            came += now == at ? 1 : 0;
            left += now == at && then != at ? 1 : 0;
        }

        Assert.Equal(share, came / (double)own, tolerance: 0.02);
        Assert.Equal(0, left);
    }

    [Fact]
    public void ByAffinity_AllOthersWereTried_TakesIt()
    {
        var tier = Starting(1, 1, 0.1);
        for (var i = 0; i < 100; i++)
        {
            Assert.Same(tier.Usable[2], Balancer.ByAffinity("key-" + i, tier, [tier.Usable[0], tier.Usable[1]], 2));
        }
    }

    private static double ShareOf(int index, string method, TierSnapshot tier, Destination?[] tried)
    {
        var policy = BalancePolicies.Of(Enum.Parse<BalanceMethod>(method), new Random(3), TimeProvider.System);
        var count = 0;
        for (var i = 0; i < Draws; i++)
        {
            count += Balancer.Choose(policy, tier, tried, tried.Length) == tier.Usable[index] ? 1 : 0;
        }

        return count / (double)Draws;
    }

    private static TierSnapshot Starting(params double[] shares) => With(BalancerTests.Tier(1, 1, 1), shares);

    private static TierSnapshot With(TierSnapshot tier, params double[] shares) => new()
    {
        Name = tier.Name,
        Index = 0,
        Load = tier.Load,
        Usable = tier.Usable,
        Weights = tier.Weights,
        StartShares = shares.All(static s => s >= 1) ? null : shares,
        HalfOpen = [],
        All = tier.All,
        CanServe = true,
    };
}
