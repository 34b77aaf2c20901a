using Gateway.Notifications.Drills;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

[Trait("kind", "unit")]
public sealed class ProofWatchTests
{
    private const double Slo = 0.999;
    private static readonly DrilledCluster Primary = new();
    private static readonly DrilledCluster Standby = new() { Active = "standby" };

    private readonly ProofWatch _watch = new();
    private readonly List<string> _found = [];
    private double _second;
    private RequestCount _count;

    [Theory]
    [InlineData(2, "Failover Failback DestinationLoss")]
    [InlineData(1, "DestinationLoss")]
    public void Of_ACluster_NamesWhatItPromises(int tiers, string expected) =>
        Assert.Equal(expected, string.Join(' ', ProofWatch.Of((Primary with { Tiers = tiers }).View)));

    [Fact]
    public void Failover_WithoutBadRequests_IsProvenAfter20Seconds()
    {
        Look(Primary, 20);
        Look(Standby, 20);
        Assert.Empty(_found);
        Look(Standby, 1);
        Assert.Equal(["Failover primary to standby: 0 of 300 requests count against slo."], _found);

        // Once is enough.
        Look(Standby, 120);
        Assert.Single(_found);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(11, true)]
    public void BadRequests_UpToTenSecondsBefore_Count(int secondsBefore, bool proven)
    {
        Look(Primary, 20);
        Look(Primary, 1, bad: 5);
        Look(Primary, secondsBefore - 1);
        Look(Standby, 40);
        Assert.Equal(proven, _found.Count == 1);
    }

    [Fact]
    public void BadRequests_Afterwards_ProveNothing_AndLaterOnesDo()
    {
        Look(Primary, 20);
        Look(Standby, 5, bad: 1);
        Look(Standby, 60);
        Assert.Empty(_found);

        Look(Primary, 60);
        Assert.Equal("Failback standby to primary: 0 of 300 requests count against slo.", Assert.Single(_found));
    }

    [Fact]
    public void Failback_IsNotJudgedBeforeTheRampIsOver()
    {
        Look(Standby, 20);
        Look(Primary with { RampFrom = "standby" }, 60);
        Assert.Empty(_found);
        Look(Primary, 19);
        Assert.Empty(_found);
        Look(Primary, 1);
        Assert.Single(_found);
    }

    [Theory]
    [InlineData("p1", "")]
    [InlineData("", "p1")]
    public void Destination_LostOrDrained_WhileTheTierGoesOn_IsProven(string down, string draining)
    {
        Look(Primary, 20);
        Look(Primary with { Down = down, Draining = draining }, 21);
        Assert.Equal(["DestinationLoss primary without p1: 0 of 300 requests count against slo."], _found);
    }

    [Fact]
    public void Destination_LostBeforeTheTierIs_IsAFailover()
    {
        Look(Primary, 20);
        Look(Primary with { Down = "p1" }, 10);
        Look(Standby with { Down = "p1 p2" }, 40);
        Assert.StartsWith("Failover ", Assert.Single(_found), StringComparison.Ordinal);
    }

    [Fact]
    public void FewRequests_WaitForMore_AndNotForEver()
    {
        Look(Primary, 20, requests: 0);
        Look(Standby, 300, requests: 0);
        Look(Standby, 19, requests: 1);
        Assert.Empty(_found);
        Look(Standby, 1, requests: 1);
        Assert.Single(_found);

        Look(Primary, 601, requests: 0);
        Look(Primary, 60);
        Assert.Single(_found);
    }

    [Fact]
    public void Tier_ThatDoesNotHold_ProvesNothing()
    {
        Look(Primary, 20);
        Look(Standby, 15);
        Look(Primary, 15);
        Look(Standby, 15);
        Assert.Empty(_found);
    }

    [Fact]
    public void Exhausted_InBetween_ProvesNothing()
    {
        Look(Primary, 20);
        Look(Primary with { Active = null }, 5);
        Look(Standby, 60);
        Assert.Empty(_found);
    }

    [Fact]
    public void Start_BeforeTheFirstProbes_ProvesNothing()
    {
        Look(Primary with { Settled = false }, 5);
        Look(Standby, 60);
        Assert.Empty(_found);
    }

    private void Look(DrilledCluster cluster, int seconds, long requests = 10, long bad = 0)
    {
        for (var i = 0; i < seconds; i++)
        {
            _second++;
            _count += new RequestCount(requests, i == 0 ? bad : 0);
            _found.AddRange(_watch.Look(cluster.View, _count, Slo, DrilledCluster.Begin.AddSeconds(_second))
                .Select(static one => $"{one.Promise} {one.Text}"));
        }
    }
}
