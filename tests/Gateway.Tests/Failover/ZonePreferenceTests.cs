using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>The gateway's own zone first, and never at the price of availability.</summary>
[Trait("kind", "unit")]
public sealed class ZonePreferenceTests
{
    /// <summary>Zones of destinations, a <c>-</c> before those that do not serve, and what a gateway in zone a prefers.</summary>
    [Theory]
    [InlineData("a b c", "a")]
    [InlineData("a a b b c c", "a a")]
    [InlineData("b b a c", "a")]
    [InlineData("a a -a b b b", "")]
    [InlineData("a a a -a b b b b", "a a a")]
    [InlineData("a a a -b -b -b", "")]
    [InlineData("a b b b b b", "")]
    [InlineData("a a a a a b", "a a a a a")]
    [InlineData("b b c c", "")]
    [InlineData("a a a", "")]
    [InlineData("-a b c", "")]
    [InlineData("? ? ?", "")]
    [InlineData("a ? ?", "")]
    [InlineData("a a a ?", "a a a")]
    public void Of_Zones_PrefersTheOwnWhileEnoughServe(string destinations, string preferred)
    {
        var all = destinations.Split(' ').Select(static d => Monitor(d.TrimStart('-'))).ToArray();
        var serving = all.Where((_, i) => !destinations.Split(' ')[i].StartsWith('-')).ToArray();

        var (chosen, near) = ZonePreference.Of("a", serving, all);

        Assert.Equal(preferred, string.Join(' ', chosen.Take(near).Select(static m => m.Share.Zone)));
        Assert.Equal(serving.Order(ByName), chosen.Order(ByName));
    }

    /// <summary>By weights: what one large destination carries.</summary>
    [Theory]
    [InlineData(1, 6, 0)]
    [InlineData(5, 6, 1)]
    public void Of_Weights_CountsThem(int own, int others, int near)
    {
        DestinationMonitor[] all = [Monitor("a", own), Monitor("b", others), Monitor("c", others)];

        Assert.Equal(near, ZonePreference.Of("a", all, all).Near);
    }

    /// <summary>Every way to choose: the attempts of one request go to all of the own zone, then to the others, then nowhere.</summary>
    [Theory]
    [InlineData(BalanceMethod.PowerOfTwo, false)]
    [InlineData(BalanceMethod.RoundRobin, false)]
    [InlineData(BalanceMethod.LeastRequests, false)]
    [InlineData(BalanceMethod.Random, false)]
    [InlineData(BalanceMethod.PeakEwma, false)]
    [InlineData(BalanceMethod.PowerOfTwo, true)]
    internal void Choose_OwnZonePreferred_OthersOnlyWhenNoneOfItIsLeft(BalanceMethod method, bool startsSlowly)
    {
        var tier = Tier(near: 2, "a1", "a2", "b1", "b2", startsSlowly);
        var policy = BalancePolicies.Of(method, new Random(1), TimeProvider.System);
        for (var i = 0; i < 500; i++)
        {
            var tried = new Destination?[5];
            for (var attempt = 0; attempt < 4; attempt++)
            {
                var chosen = Balancer.Choose(policy, tier, tried, attempt);
                Assert.Equal(attempt < 2 ? 'a' : 'b', chosen!.Name[0]);
                Assert.DoesNotContain(chosen, tried);
                tried[attempt] = chosen;
            }

            Assert.Null(Balancer.Choose(policy, tier, tried, 4));
        }
    }

    [Fact]
    public void ByAffinity_OwnZonePreferred_OthersOnlyWhenNoneOfItIsLeft()
    {
        var tier = Tier(near: 2, "a1", "a2", "b1", "b2");
        for (var i = 0; i < 500; i++)
        {
            var tried = new Destination?[4];
            var key = $"key-{i}";
            for (var attempt = 0; attempt < 4; attempt++)
            {
                tried[attempt] = Balancer.ByAffinity(key, tier, tried, attempt);
                Assert.Equal(attempt < 2 ? 'a' : 'b', tried[attempt]!.Name[0]);
            }
        }
    }

    private static Comparer<DestinationMonitor> ByName { get; } =
        Comparer<DestinationMonitor>.Create(static (a, b) => string.CompareOrdinal(a.Destination.Name, b.Destination.Name));

    private static int _count;

    private static DestinationMonitor Monitor(string zone, int weight = 1)
    {
        var config = new ClusterConfig { Name = "guide", Tiers = [] };
        return new DestinationMonitor(Of($"{zone}{_count++}"), config, weight, TimeSpan.Zero)
        {
            Share = new DestinationShare(weight) { Zone = zone is "?" ? null : zone },
        };
    }

    private static Destination Of(string name) => new("guide", "primary", name, new Uri("http://127.0.0.1:9001"));

    private static TierSnapshot Tier(int near, string a, string b, string c, string d, bool startsSlowly = false)
    {
        Destination[] all = [Of(a), Of(b), Of(c), Of(d)];
        return new TierSnapshot
        {
            Name = "primary",
            Index = 0,
            Load = new TierLoad(),
            Usable = all,
            Weights = [1, 1, 1, 1],
            StartShares = startsSlowly ? [1, 0.1, 1, 1] : null,
            Near = near,
            HalfOpen = [],
            All = all,
            CanServe = true,
        };
    }
}
