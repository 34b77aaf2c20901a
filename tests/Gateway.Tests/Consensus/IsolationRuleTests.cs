using System.Collections.Immutable;
using Gateway.Consensus;
using Gateway.Fleet;
using Xunit;

namespace Gateway.Tests.Consensus;

/// <summary>A gateway that alone reaches nothing: a table of fleets.</summary>
[Trait("kind", "unit")]
public sealed class IsolationRuleTests
{
    // A gateway is a letter a cluster: s serves, d reaches nothing of it, w waits for a switch, - does not know it; the first is ours.
    [Theory]
    [InlineData("d s", 1)]
    [InlineData("d s s", 2)]
    [InlineData("d s d", 0)]
    [InlineData("d s s d", 2)]
    [InlineData("d d", 0)]
    [InlineData("d", 0)]
    [InlineData("d -", 0)]
    [InlineData("d s -", 1)]
    [InlineData("s d", 0)]
    [InlineData("w s", 0)]
    [InlineData("- s", 0)]
    [InlineData("dd ss", 1)]
    [InlineData("dd ds", 1)]
    [InlineData("sd ss", 0)]
    [InlineData("dw ss", 0)]
    public void Fleet_Case_SaysHowManyServeWithoutThisOne(string fleet, int serving)
    {
        var gateways = fleet.Split(' ').Select(VotesOf).ToArray();
        Assert.Equal(serving, IsolationRule.ServingWithout(gateways[0], gateways[1..]));
    }

    [Theory]
    [InlineData("s", true)]
    [InlineData("d", false)]
    [InlineData("s d", false)]
    [InlineData("s s d", true)]
    [InlineData("-", false)]
    [InlineData("- s", true)]
    [InlineData("", false)]
    public void Cluster_OfOthers_IsServedByMost(string others, bool served) =>
        Assert.Equal(served, IsolationRule.OthersServe(
            "0", others.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(VotesOf)));

    // All gateways lose all within half a second: no one steps aside meanwhile.
    [Theory]
    [InlineData(0, false)]
    [InlineData(499, false)]
    [InlineData(500, true)]
    public void Isolation_OfAMoment_IsNone(int milliseconds, bool isolated)
    {
        var isolation = new FleetIsolation();
        ImmutableArray<GatewayView> gateways = [ViewOf("d", self: true), ViewOf("s", self: false)];
        isolation.Look(gateways, TimeSpan.FromSeconds(7));
        var later = TimeSpan.FromSeconds(7) + TimeSpan.FromMilliseconds(milliseconds);
        isolation.Look(gateways, later);
        Assert.Equal((isolated, isolated ? TimeSpan.Zero : (TimeSpan?)null), (isolation.Text(later) is not null, isolation.Since(later)));

        isolation.Look([ViewOf("d", self: true), ViewOf("d", self: false)], later);
        Assert.Null(isolation.Text(later + TimeSpan.FromMinutes(1)));
        Assert.Equal(isolated ? TimeSpan.FromMinutes(1) : (TimeSpan?)null, isolation.Since(later + TimeSpan.FromMinutes(1)));
    }

    // Of a gateway that reaches nothing the votes count only when no other one reaches anything.
    [Theory]
    [InlineData("s d d", false)]
    [InlineData("d d d", true)]
    public void Votes_OfIsolatedGateways_EjectNothing(string fleet, bool votedDown)
    {
        ImmutableArray<GatewayView> gateways = [.. fleet.Split(' ').Select(static (g, i) => ViewOf(g, self: i == 0))];
        var changes = new SharedChanges(new FleetEpoch(), static _ => { });
        var round = changes.Decide(["0"], [([], TimeSpan.Zero)], gateways[0].Clusters, gateways, TimeSpan.FromSeconds(1));
        Assert.Equal(votedDown, round.Guidance.TryGetValue("0", out var guidance) && guidance.Tiers[0].VotedDown);
    }

    private static GatewayView ViewOf(string gateway, bool self) =>
        new(self ? "me" : Guid.NewGuid().ToString(), "name", self, "1", "r", VotesOf(gateway));

    private static ImmutableArray<ClusterVote> VotesOf(string gateway) =>
        [.. gateway.Select(static (letter, i) => (letter, i)).Where(static c => c.letter != '-').Select(static c => new ClusterVote(
            $"{c.i}",
            c.letter == 's' ? "primary" : null,
            0,
            [
                new TierVote("primary", Down: c.letter == 'd', Able: c.letter == 's', ReadyToFailBack: false),
                new TierVote("standby", Down: c.letter == 'd', Able: c.letter == 's', ReadyToFailBack: false),
            ]))];
}
