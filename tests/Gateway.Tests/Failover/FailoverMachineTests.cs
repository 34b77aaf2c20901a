using Gateway.Configuration.Model;
using Gateway.Failover;
using Xunit;

namespace Gateway.Tests.Failover;

[Trait("kind", "unit")]
public class FailoverMachineTests
{
    private static readonly ClusterConfig Defaults = new() { Name = "guide", Tiers = [] };

    /// <summary>
    /// A script is a list of steps "at second: standings", a letter a tier: A able, u unproven, w weak, - none.
    /// Expected is a list of "second: active reason", -1 for exhausted. The machine is stepped every 100 ms, as the loop would.
    /// </summary>
    [Theory]
    [InlineData("0:AA 10:-A", "10:1 Failover")]
    [InlineData("0:AAA 10:--A", "10:2 Failover")]
    [InlineData("0:AA 10:--", "10:-1 Exhausted")]
    [InlineData("0:AA 10:-- 12:-A", "10:-1 Exhausted;12:1 Recovered")]
    [InlineData("0:AA 10:-- 12:w-", "10:-1 Exhausted;12:0 Recovered")]
    [InlineData("0:AA 10:-- 12:AA", "10:-1 Exhausted;12:0 Recovered")]
    [InlineData("0:AA 10:wA", "10:1 Failover")]
    [InlineData("0:AA 10:w-", "")]
    [InlineData("0:AA 10:wu", "10:1 Failover")]
    [InlineData("0:AA 10:uA", "")]
    [InlineData("0:AA 10:-A 20:AA 49:AA", "10:1 Failover;50:0 Failback")]
    [InlineData("0:AA 10:-A 20:AA 49:-A 49.2:AA 70:AA", "10:1 Failover;79.2:0 Failback")]
    [InlineData("0:AA 10:-A 20:uA 70:uA", "10:1 Failover")]
    [InlineData("0:AA 10:-A 20:AA 60:-A 61:AA 120:AA", "10:1 Failover;50:0 Failback;60:1 Relapse;121:0 Failback")]
    [InlineData("0:AA 10:-A 20:AA 25:A-", "10:1 Failover;25:0 Failover")]
    [InlineData("0:AAA 10:--A 20:-AA 60:AAA", "10:2 Failover;50:1 Failback;90:0 Failback")]
    [InlineData("0:uA 0.4:-A", "0.5:1 Failover")]
    [InlineData("0:-- 0.4:--", "0.5:-1 Exhausted")]
    [InlineData("0:-A 0.3:AA", "")]
    public void Machine_FollowsTheScript_Announcing(string script, string expected) => Assert.Equal(expected, Run(script, Defaults));

    [Fact]
    public void SwitchAfter_ShortIllness_IsSatOut()
    {
        var patient = Defaults with { Failover = new FailoverConfig { SwitchAfter = At(3) } };
        Assert.Equal(string.Empty, Run("0:AA 10:-A 12.9:AA", patient));
        Assert.Equal("13:1 Failover", Run("0:AA 10:-A 14:-A", patient));
    }

    [Fact]
    public void ManualFailback_BetterTierBack_WaitsForAnOperator()
    {
        var manual = Defaults with { Failback = new FailbackConfig { Auto = false } };
        Assert.Equal("10:1 Failover", Run("0:AA 10:-A 20:AA 500:AA", manual));
        var drive = new Drive(manual);
        drive.Go("AA", 10);
        drive.Go("-A", 10);
        drive.Go("AA", 5);
        drive.Step("AA", new Order(Hold: null));
        Assert.Equal(0, drive.State.Active);
        Assert.Equal(TransitionReason.Release, drive.Changes[^1].Reason);
    }

    [Fact]
    public void Ramp_GrowsFromATenthToAll()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 10);
        drive.Go("-A", 10);
        drive.Go("AA", 30.1);
        Assert.Equal((0, 1), (drive.State.Active, drive.State.RampFrom));
        Assert.Equal(0.1, drive.Share, 2);
        drive.Go("AA", 15);
        Assert.Equal(0.55, drive.Share, 2);
        drive.Go("AA", 15.1);
        Assert.Equal((0, -1), (drive.State.Active, drive.State.RampFrom));
        Assert.Equal(1, drive.Share);
        Assert.Equal(2, drive.Changes.Count);
    }

    [Fact]
    public void Ramp_TheOtherTierDies_IsOver()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 10);
        drive.Go("-A", 10);
        drive.Go("AA", 35);
        drive.Go("A-", 0.2);
        Assert.Equal((0, -1), (drive.State.Active, drive.State.RampFrom));
        Assert.Equal(1, drive.Share);
    }

    /// <summary>Nothing is better, so that the tier stays active; its ramp ends all the same, and what follows is no part of it.</summary>
    [Theory]
    [InlineData("ww", 31)]
    [InlineData("w-", 0.2)]
    public void Ramp_NeitherTierHasEnough_IsOver(string tiers, double seconds)
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 10);
        drive.Go("-A", 10);
        drive.Go("AA", 30.1);
        Assert.Equal((0, 1), (drive.State.Active, drive.State.RampFrom));
        drive.Go(tiers, seconds);

        Assert.Equal((0, -1), (drive.State.Active, drive.State.RampFrom));
        Assert.Equal(2, drive.Changes.Count);
    }

    [Fact]
    public void Relapse_GoesToTheTierThatCarriesTheRest_WithoutPatience()
    {
        var drive = new Drive(Defaults with { Failover = new FailoverConfig { SwitchAfter = At(5) } });
        drive.Go("AAA", 10);
        drive.Go("-AA", 10);
        drive.Go("AAA", 35);
        drive.Go("-AA", 0.1);
        Assert.Equal((1, -1), (drive.State.Active, drive.State.RampFrom));
        Assert.Equal(TransitionReason.Relapse, drive.Changes[^1].Reason);
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 60)]
    [InlineData(4, 480)]
    [InlineData(5, 600)]
    [InlineData(1000, 600)]
    public void Wait_ByRelapses_DoublesUpToTenMinutes(int relapses, int seconds) =>
        Assert.Equal(At(seconds), FailoverTimers.WaitOf(relapses, new FailbackConfig()));

    [Fact]
    public void Wait_LongerThanTenMinutesByConfiguration_Stays() =>
        Assert.Equal(TimeSpan.FromMinutes(20), FailoverTimers.WaitOf(3, new FailbackConfig { After = TimeSpan.FromMinutes(20) }));

    [Fact]
    public void Relapses_AfterALongGoodTime_AreForgotten()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 10);
        drive.Go("-A", 1);
        drive.Go("AA", 32);
        drive.Go("-A", 1);
        Assert.Equal(1, drive.State.Relapses);
        drive.Go("AA", 61);
        Assert.Equal(0, drive.State.Active);
        drive.Go("AA", 598);
        Assert.Equal(1, drive.State.Relapses);
        drive.Go("AA", 3);
        Assert.Equal(0, drive.State.Relapses);
    }

    [Fact]
    public void Hold_AnAbleTier_TakesOverAtOnceAndEndsByItself()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 60);
        drive.Step("AA", new Order(new Hold(1, drive.Now + At(100), "upgrade")));
        Assert.Equal(1, drive.State.Active);
        drive.Go("AA", 99);
        Assert.Equal(1, drive.State.Active);
        drive.Go("AA", 2);
        Assert.Equal(0, drive.State.Active);
        Assert.Equal([TransitionReason.Hold, TransitionReason.Failback], drive.Changes.Select(c => c.Reason));
    }

    [Fact]
    public void Hold_TierCannotServe_YieldsAndComesBack()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 60);
        drive.Step("AA", new Order(new Hold(1, drive.Now + At(1000), "upgrade")));
        drive.Go("A-", 1);
        Assert.Equal(0, drive.State.Active);
        drive.Go("AA", 29);
        Assert.Equal(0, drive.State.Active);
        drive.Go("AA", 2);
        Assert.Equal(1, drive.State.Active);
        Assert.Equal([TransitionReason.Hold, TransitionReason.Failover, TransitionReason.Hold], drive.Changes.Select(c => c.Reason));
    }

    [Fact]
    public void Hold_TierThatCannotServeNow_WaitsUntilItCan()
    {
        var drive = new Drive(Defaults);
        drive.Go("A-", 60);
        drive.Step("A-", new Order(new Hold(1, drive.Now + At(1000), "upgrade")));
        Assert.Empty(drive.Changes);
        drive.Go("AA", 31);
        Assert.Equal(1, drive.State.Active);
    }

    [Fact]
    public void Release_BetterTierLongAble_GoesBackByARamp()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 60);
        drive.Step("AA", new Order(new Hold(1, drive.Now + At(1000), "upgrade")));
        drive.Go("AA", 10);
        drive.Step("AA", new Order(Hold: null));
        Assert.Equal((0, 1), (drive.State.Active, drive.State.RampFrom));
    }

    [Fact]
    public void Release_AtOnce_GoesBackWithoutARamp()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 60);
        drive.Step("AA", new Order(new Hold(1, drive.Now + At(1000), "drill")));
        drive.Go("AA", 10);
        drive.Step("AA", new Order(Hold: null, AtOnce: true));
        Assert.Equal((0, -1), (drive.State.Active, drive.State.RampFrom));
    }

    [Fact]
    public void Order_BeforeTheFirstRound_IsObeyed()
    {
        var drive = new Drive(Defaults, settled: false);
        drive.Step("uu", new Order(new Hold(1, At(100), "test")));
        Assert.Equal(1, drive.State.Active);
    }

    [Fact]
    public void Remap_TierMoved_KeepsWhatIsKnown()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 10);
        drive.Go("-A", 1);
        var moved = drive.State.Remap(["primary", "standby"], ["new", "primary", "standby"]);
        Assert.Equal(2, moved.Active);
        Assert.Null(moved.HealthySince[1]);
        Assert.Equal(At(0), moved.HealthySince[2]);
    }

    [Fact]
    public void Remap_ActiveTierGone_ChoosesAnotherAndSaysSo()
    {
        var drive = new Drive(Defaults);
        drive.Go("AA", 10);
        var remapped = drive.State.Remap(["primary", "standby"], ["standby"]);
        var (state, change) = FailoverMachine.Step(remapped, [TierHealth.Healthy], null, firstRound: true, Defaults, At(11));
        Assert.Equal(0, state.Active);
        Assert.Equal(new Change(ClusterState.Gone, 0, TransitionReason.Config), change);
    }

    private static string Run(string script, ClusterConfig config)
    {
        var steps = script.Split(' ').Select(s => s.Split(':')).Select(s => (At: At(double.Parse(s[0])), Tiers: s[1])).ToArray();
        var state = new ClusterState();
        var seen = new List<string>();
        for (var now = At(0); now <= steps[^1].At + At(60); now += At(0.1))
        {
            var tiers = steps.Last(s => s.At <= now).Tiers;
            (state, var change) = FailoverMachine.Step(state, Standings(tiers), null, firstRound: now >= At(0.5), config, now);
            if (change is { } real)
            {
                seen.Add($"{now.TotalSeconds:0.#}:{real.To} {real.Reason}");
            }
        }

        // A script says what happens until its end and shortly after; a failback that only time brings later is another script's.
        var end = steps[^1].At + At(35);
        return string.Join(';', seen.Where(s => At(double.Parse(s.Split(':')[0])) <= end));
    }

    /// <summary>A letter a tier: A able, u unproven, w weak, - none.</summary>
    internal static TierHealth[] Standings(string tiers) =>
        [
        .. tiers.Select(t => t switch
        {
            'A' => TierHealth.Healthy,
            'u' => TierHealth.Unverified,
            'w' => TierHealth.Degraded,
            _ => TierHealth.Unavailable
        })];

    private static TimeSpan At(double seconds) => TimeSpan.FromMilliseconds(Math.Round(seconds * 1000));

    private sealed class Drive(ClusterConfig config, bool settled = true)
    {
        public ClusterState State { get; private set; } = new() { Settled = settled };

        public List<Change> Changes { get; } = [];

        public TimeSpan Now { get; private set; }

        public double Share => FailoverTimers.ShareOf(State, config.Failback, Now);

        public void Go(string tiers, double seconds)
        {
            for (var until = Now + At(seconds); Now < until; Now += At(0.1))
            {
                Step(tiers, null);
            }
        }

        public void Step(string tiers, Order? order)
        {
            (State, var change) = FailoverMachine.Step(State, Standings(tiers), order, firstRound: settled, config, Now);
            if (change is { } real)
            {
                Changes.Add(real);
            }
        }
    }
}
