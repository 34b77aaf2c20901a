using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Notifications.Drills;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

[Trait("kind", "unit")]
public sealed class DrillPlannerTests
{
    private static readonly ScheduledDrillConfig Tier = new()
    {
        Name = "standby-serves",
        Cluster = "guide",
        Window = new DailyWindow(new TimeOnly(10, 0), new TimeOnly(12, 0)),
    };

    private static readonly ScheduledDrillConfig Destination = Tier with
    {
        Name = "one-away",
        Lose = DrillLoss.Destination,
    };

    private static readonly ImmutableArray<FreezeDays> FirstOfDecember =
        [new FreezeDays(new DateOnly(2026, 12, 1), new DateOnly(2026, 12, 1))];

    private readonly KeptHistory<ScheduledDrill> _history = new(10);
    private readonly DrillPlanner _planner = new();

    public DrillPlannerTests() => _history.Exchange(new NoTable(), trim: false);

    [Fact]
    public void Window_IsUsedOnce_AndTheNextOneAgain()
    {
        var planned = Next(Tier, minutes: 5);
        Assert.Equal(("primary", "standby"), (planned?.Lost, planned?.ServedBy));
        Keep(planned!, minutes: 5);

        Assert.Null(Next(Tier, minutes: 30));
        Assert.Null(Next(Tier, minutes: 180));
        Assert.NotNull(Next(Tier, minutes: 24 * 60));
        Assert.Empty(Missed(Tier, minutes: 180));
    }

    [Fact]
    public void Destinations_TakeTurns()
    {
        List<string> lost = [];
        for (var day = 0; day < 4; day++)
        {
            var planned = Next(Destination, minutes: day * 24 * 60)!;
            lost.Add(planned.Lost);
            Keep(planned, minutes: day * 24 * 60);
        }

        Assert.Equal(["p1", "p2", "p1", "p2"], lost);
    }

    [Fact]
    public void Window_WithoutARun_IsToldOnce_WithItsLastReason()
    {
        Assert.Null(Next(Tier, minutes: 1, new DrilledCluster { Down = "s1" }));
        Assert.Null(Next(Tier, minutes: 20, new DrilledCluster { HeldBy = "ann" }));
        Assert.Equal(DrillRefusal.OperatorAtWork, _planner.WhyNot("standby-serves", DrilledCluster.Begin));
        Assert.Null(_planner.WhyNot("standby-serves", DrilledCluster.Begin.AddDays(1)));
        Assert.Empty(Missed(Tier, minutes: 119));

        // That it was too late in the end says nothing.
        Assert.Null(Next(Tier, minutes: 119));
        var (_, window, refusal) = Assert.Single(Missed(Tier, minutes: 120));
        Assert.Equal((DrilledCluster.Begin, DrillRefusal.OperatorAtWork), (window, refusal));
        Assert.Empty(Missed(Tier, minutes: 121));
    }

    [Fact]
    public void Freeze_IsNoMissedWindow()
    {
        var drills = new DrillsConfig { Freeze = FirstOfDecember, Schedule = [Tier] };
        Assert.Null(Next(drills, minutes: 0));
        _planner.Busy(ConfigOf(drills), _history, DrilledCluster.Begin);
        Assert.Empty(_planner.TakeMissed(drills, _history, DrilledCluster.Begin.AddHours(3)));
    }

    [Fact]
    public void Drill_ThatAFreezeWouldEnd_DoesNotBegin()
    {
        var night = Tier with { Window = new DailyWindow(new TimeOnly(22, 0), new TimeOnly(2, 0)), For = TimeSpan.FromMinutes(5) };
        var drills = new DrillsConfig { Freeze = FirstOfDecember, Schedule = [night] };
        Assert.NotNull(Next(drills, minutes: -10 * 60 - 6));
        Assert.Null(Next(drills, minutes: -10 * 60 - 4));
    }

    [Fact]
    public void Drill_ThatHasToWait_KeepsNoOtherFromBeginning()
    {
        var drills = new DrillsConfig { Schedule = [Tier, Destination] };
        Assert.Equal("standby-serves", Next(drills, minutes: 1)?.Drill.Name);

        // Its error budget is spent, which the planner does not know.
        _planner.Wait("standby-serves", DrilledCluster.Begin.AddMinutes(1.5));
        Assert.Equal("one-away", Next(drills, minutes: 1.4)?.Drill.Name);
        Assert.Equal("standby-serves", Next(drills, minutes: 1.5)?.Drill.Name);
    }

    [Fact]
    public void Window_ThatPassesWhileAnotherDrillRuns_IsTold()
    {
        var drills = new DrillsConfig { Schedule = [Tier, Destination] };
        Keep(Next(drills, minutes: 1)!, minutes: 1);
        _planner.Busy(ConfigOf(drills), _history, DrilledCluster.Begin.AddMinutes(2));
        var (missed, _, refusal) = Assert.Single(_planner.TakeMissed(drills, _history, DrilledCluster.Begin.AddMinutes(121)));
        Assert.Equal(("one-away", DrillRefusal.OtherDrill), (missed.Name, refusal));
    }

    private void Keep(PlannedDrill planned, double minutes) => _history.Keep(
        new ScheduledDrill(DrilledCluster.Begin.AddMinutes(minutes), "guide", planned.Drill.Name, planned.Window.Begin)
        {
            Lost = planned.Lost,
            Result = DrillResult.Passed,
        });

    private static GatewayConfig ConfigOf(DrillsConfig drills) => new()
    {
        Listen = [],
        Clusters = [],
        Routes = [],
        State = "",
        StaticFallback = "",
        Drills = drills,
    };

    private PlannedDrill? Next(ScheduledDrillConfig drill, double minutes, DrilledCluster? cluster = null) =>
        Next(new DrillsConfig { Schedule = [drill] }, minutes, cluster);

    private PlannedDrill? Next(DrillsConfig drills, double minutes, DrilledCluster? cluster = null) => _planner.Next(
        ConfigOf(drills),
        [(cluster ?? new DrilledCluster { HealthySince = DrilledCluster.Begin.AddDays(-1) }).View],
        _history,
        isFleetHeard: true,
        DrilledCluster.Begin.AddMinutes(minutes));

    private IReadOnlyList<(ScheduledDrillConfig Drill, DateTimeOffset Window, DrillRefusal Refusal)> Missed(
        ScheduledDrillConfig drill, double minutes) => _planner.TakeMissed(
            new DrillsConfig { Schedule = [drill] }, _history, DrilledCluster.Begin.AddMinutes(minutes));

    private sealed class NoTable : IKeptTable<ScheduledDrill>
    {
        public void Write(IReadOnlyList<ScheduledDrill> entries)
        {
        }

        public IReadOnlyList<ScheduledDrill> Read(int most) => [];

        public void Trim(int most)
        {
        }
    }
}
