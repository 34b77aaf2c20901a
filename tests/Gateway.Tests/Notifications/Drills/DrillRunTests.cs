using Gateway.Configuration.Model;
using Gateway.Notifications.Drills;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

[Trait("kind", "unit")]
public sealed class DrillRunTests
{
    private const double Slo = 0.99;
    private static readonly DrilledCluster Held = new() { Active = "standby", HeldBy = "drill standby-serves" };
    private static readonly DrilledCluster Drained = new() { Draining = "p1" };
    private static readonly DrilledCluster Normal = new();

    private readonly DrillRun _tier = Run("standby-serves", DrillLoss.Tier, "primary", "standby");
    private readonly DrillRun _destination = Run("one-away", DrillLoss.Destination, "p1", "primary");

    [Fact]
    public void Tier_LostAndBack_WithoutBadRequests_Passes()
    {
        Assert.Equal(DrillMove.Wait, Step(_tier, Normal, 0.25));
        Assert.Equal(DrillMove.Wait, Step(_tier, Held, 299));
        Assert.Equal(DrillMove.GiveBack, Step(_tier, Held, 300));
        Assert.Equal(DrillMove.Wait, Step(_tier, Normal with { RampFrom = "standby" }, 301));
        Assert.Equal(DrillMove.Wait, Step(_tier, Normal, 306));
        Assert.Equal(DrillMove.End, Step(_tier, Normal, 316));

        Assert.Equal(DrillResult.Passed, _tier.Record.Result);
        Assert.Equal(
            "standby served without primary for 5m; 0 of 1,000 requests count against slo.", _tier.Record.Text);
        Assert.Equal(1000, _tier.Record.Requests);
    }

    [Fact]
    public void Destination_LostAndBack_Passes()
    {
        Assert.Equal(DrillMove.GiveBack, Step(_destination, Drained, 300));
        Assert.Equal(DrillMove.Wait, Step(_destination, Drained, 301));
        Assert.Equal(DrillMove.Wait, Step(_destination, Normal, 302));
        Assert.Equal(DrillMove.End, Step(_destination, Normal, 312));
        Assert.Equal(DrillResult.Passed, _destination.Record.Result);
    }

    [Theory]
    [InlineData(1000, 10, "Passed")]
    [InlineData(1000, 11, "Failed")]
    [InlineData(19, 0, "Unproven")]
    [InlineData(20, 0, "Passed")]
    [InlineData(0, 0, "Unproven")]
    [InlineData(50, 2, "Failed")]
    public void End_JudgesByTheObjective(long requests, long bad, string expected)
    {
        var run = Run("standby-serves", DrillLoss.Tier, "primary", "standby", stopAbove: 0.5);
        Assert.Equal(DrillMove.GiveBack, Step(run, Held, 300, requests, bad));
        Step(run, Normal, 301, requests, bad);
        Assert.Equal(DrillMove.End, Step(run, Normal, 311, requests, bad));
        Assert.Equal(expected, run.Record.Result.ToString());
    }

    [Fact]
    public void TooManyBad_GivesBackAtOnce_AndFails()
    {
        Assert.Equal(DrillMove.Wait, Step(_tier, Held, 10, requests: 100, bad: 2));
        Assert.False(_tier.IsHarmful);
        Assert.Equal(DrillMove.GiveBack, Step(_tier, Held, 10.25, requests: 100, bad: 3));
        Assert.True(_tier.IsHarmful);
        Assert.Equal(DrillMove.Wait, Step(_tier, Held, 11, 110, 3));

        // The command was lost.
        Assert.Equal(DrillMove.GiveBack, Step(_tier, Held, 12.25, 110, 3));
        Assert.Equal(DrillMove.Wait, Step(_tier, Held, 12.5, 110, 3));
        Step(_tier, Normal, 13, 110, 3);
        Assert.Equal(DrillMove.End, Step(_tier, Normal, 23, 200, 3));
        Assert.Equal(DrillResult.Failed, _tier.Record.Result);
        Assert.Equal("Stopped, because 3 of 100 requests count against slo.", _tier.Record.Text);
    }

    [Fact]
    public void Hold_EndedByAnOperator_IsInterrupted()
    {
        Step(_tier, Held, 5);
        Assert.Equal(DrillMove.GiveBack, Step(_tier, Held with { HeldBy = "ann (10.0.0.1)" }, 6));
        Assert.Equal(DrillMove.Wait, Step(_tier, Held with { HeldBy = "ann (10.0.0.1)" }, 60));

        // An operator's hold may last: the drill does not wait for its end.
        Assert.Equal(DrillMove.End, Step(_tier, Held with { HeldBy = "ann (10.0.0.1)" }, 6 + 130));
        Assert.Equal(DrillResult.Interrupted, _tier.Record.Result);
        Assert.StartsWith("The reason: the hold was ended", _tier.Record.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Destination_DrainedByAnOperator_IsInterrupted()
    {
        Step(_destination, Drained, 5);
        var cluster = Drained with { Draining = "p1 p2", DrainedBy = "ann (10.0.0.1)", Active = "standby" };
        Assert.Equal(DrillMove.GiveBack, Step(_destination, cluster, 6));
        Step(_destination, Normal, 7);
        Assert.Equal(DrillMove.End, Step(_destination, Normal, 17));
        Assert.Equal(
            (DrillResult.Interrupted, "The reason: an operator drained p1; 0 of 1,000 requests count against slo."),
            (_destination.Record.Result, _destination.Record.Text));
        Assert.False(_destination.IsHarmful);
    }

    [Theory]
    [InlineData("drill one-away")]
    [InlineData("runbook restart")]
    public void Destination_DrainedByNoOperator_InterruptsNothing(string by)
    {
        Assert.Equal(DrillMove.Wait, Step(_tier, Held with { Draining = "s1", DrainedBy = by }, 6));
    }

    [Theory]
    [InlineData("standby lost one", "standby lost a destination")]
    [InlineData("standby yields", "standby could not serve")]
    public void Standby_Fails_StopsAndFails(string name, string why)
    {
        Step(_tier, Held, 5);
        var cluster = name == "standby yields" ? Held with { Active = "primary" } : Held with { Down = "s1" };
        Assert.Equal(DrillMove.GiveBack, Step(_tier, cluster, 6));
        Step(_tier, Normal, 7);
        Assert.Equal(DrillMove.End, Step(_tier, Normal, 17));
        Assert.Equal(DrillResult.Failed, _tier.Record.Result);
        Assert.Equal($"Stopped, because {why}.", _tier.Record.Text);
    }

    [Fact]
    public void FirstTier_ThatDoesNotComeBack_Fails()
    {
        Assert.Equal(DrillMove.GiveBack, Step(_tier, Held, 300));
        Assert.Equal(DrillMove.Wait, Step(_tier, Held with { HeldBy = null }, 429));
        Assert.Equal(DrillMove.End, Step(_tier, Held with { HeldBy = null }, 430));
        Assert.Equal(DrillResult.Failed, _tier.Record.Result);
        Assert.StartsWith("primary did not come back within the time", _tier.Record.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_ThatLeftTheConfiguration_IsInterrupted()
    {
        Assert.Equal(DrillMove.GiveBack, _tier.Step(null, default, Slo, DrilledCluster.Begin.AddSeconds(5)));
        _tier.Step(null, default, Slo, DrilledCluster.Begin.AddSeconds(6));
        Assert.Equal(DrillMove.End, _tier.Step(null, default, Slo, DrilledCluster.Begin.AddSeconds(16)));
        Assert.Equal(DrillResult.Interrupted, _tier.Record.Result);
    }

    private static DrillRun Run(string name, DrillLoss lose, string lost, string servedBy, double stopAbove = 0.01) => new(
        new ScheduledDrillConfig
        {
            Name = name,
            Cluster = "guide",
            Lose = lose,
            StopAbove = stopAbove,
        },
        new DrillWindow(DrilledCluster.Begin, DrilledCluster.Begin.AddHours(2)),
        lost,
        servedBy,
        new RequestCount(500, 7),
        DrilledCluster.Begin);

    // Before it there were 500 requests, 7 of them bad.
    private static DrillMove Step(DrillRun run, DrilledCluster cluster, double second, long requests = 1000, long bad = 0) =>
        run.Step(cluster.View, new RequestCount(500 + requests, 7 + bad), Slo, DrilledCluster.Begin.AddSeconds(second));
}
