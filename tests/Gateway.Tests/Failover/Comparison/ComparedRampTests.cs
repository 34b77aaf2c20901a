using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Comparison;
using Xunit;

namespace Gateway.Tests.Failover.Comparison;

/// <summary>What the machine makes of a comparison, stepped every 50 ms.</summary>
[Trait("kind", "unit")]
public class ComparedRampTests
{
    private static readonly ClusterConfig Defaults = new() { Name = "guide", Tiers = [] };
    private static readonly TierHealth[] BothHealthy = [TierHealth.Healthy, TierHealth.Healthy];
    private static readonly ComparisonFinding Finding = new(ComparedShare.Failed, 0.031, 0.004, 1900, ByConversation: false);
    private static readonly ComparisonResult InDoubt = new(Finding, IsProved: false);
    private static readonly ComparisonResult Worse = new(Finding, IsProved: true);

    private ClusterState _state = new() { Settled = true, Active = 1, HealthySince = [TimeSpan.Zero, TimeSpan.Zero] };
    private TimeSpan _now;
    private Change? _last;

    private double Share => FailoverTimers.ShareOf(_state, Defaults.Failback, _now);

    [Fact]
    public void Worse_InTheRamp_GoesBackAsARelapseWithItsFinding()
    {
        Go(35);
        Assert.Equal((0, 1), (_state.Active, _state.RampFrom));

        Step(Worse);

        Assert.Equal((1, -1, 1), (_state.Active, _state.RampFrom, _state.Relapses));
        Assert.Equal(new Change(0, 1, TransitionReason.Relapse) { Worse = Finding }, _last);
    }

    /// <summary>It was healthy all the time by its probes: the wait is doubled, and counts from the abort.</summary>
    [Fact]
    public void Worse_HealthyAllTheTime_ProvesItselfAnewForTwiceAsLong()
    {
        Go(35);
        Step(Worse);
        var left = _now;

        Go(59.8);
        Assert.Equal(1, _state.Active);
        Go(0.5);

        Assert.Equal(0, _state.Active);
        Assert.InRange((_state.ActiveSince - left).TotalSeconds, 60, 60.2);
    }

    [Fact]
    public void Worse_TheOtherTierCannotServe_GoesOn()
    {
        Go(35);
        Step(Worse, [TierHealth.Healthy, TierHealth.Degraded]);
        Assert.Equal(0, _state.Active);
    }

    [Fact]
    public void Worse_AfterTheRamp_ChangesNothing()
    {
        Go(61);
        Assert.Equal((0, -1), (_state.Active, _state.RampFrom));
        Step(Worse);
        Assert.Equal(0, _state.Active);
    }

    [Fact]
    public void Worse_TierThatAnOperatorHolds_StaysAndGrows()
    {
        Go(35);
        Step(default, order: new Order(new Hold(0, _now + TimeSpan.FromHours(1), "it is slow, and better all the same")));
        var share = Share;

        Step(Worse);
        Go(1, Worse);

        Assert.Equal((0, 1), (_state.Active, _state.RampFrom));
        Assert.True(Share > share);
    }

    [Fact]
    public void Worse_OfThreeTiers_LeavesWhatIsKnownOfTheOthers()
    {
        TierHealth[] tiers = [TierHealth.Unavailable, TierHealth.Healthy, TierHealth.Healthy];
        _state = _state with { Active = 2, HealthySince = [null, TimeSpan.Zero, TimeSpan.Zero] };
        Go(32, tiers: tiers);
        tiers[0] = TierHealth.Healthy;
        Step(default, tiers);
        Step(Worse, tiers);
        Assert.Equal(2, _state.Active);
        Assert.NotNull(_state.HealthySince[0]);
        Assert.Null(_state.HealthySince[1]);
    }

    [Fact]
    public void Doubt_InTheFirstHalf_TheShareStands()
    {
        Go(36);
        Step(InDoubt);
        var share = Share;
        Go(8, InDoubt);
        Assert.Equal(share, Share);
    }

    [Fact]
    public void Doubt_ToTheEnd_IsWholeInTime()
    {
        Go(36);
        Go(24.2, InDoubt);
        Assert.Equal((0, -1), (_state.Active, _state.RampFrom));
        Assert.Equal(1, Share);
    }

    /// <summary>In no second does the share grow by more than twice the clock's pace, whenever a doubt comes and goes.</summary>
    [Theory]
    [InlineData(1, 12)]
    [InlineData(5, 8)]
    [InlineData(2, 27)]
    [InlineData(14, 15)]
    public void Doubt_ComesAndGoes_TheShareNeitherJumpsNorFallsNorIsLate(int from, int to)
    {
        Go(30.1);
        var begun = _now;
        var before = Share;
        while (_state.RampFrom >= 0)
        {
            var passed = (_now - begun).TotalSeconds;
            Go(1, passed >= from && passed < to ? InDoubt : default);
            Assert.InRange(Share - before, 0, (2 / 30.0) + 0.01);
            before = Share;
        }

        Assert.InRange((_now - begun).TotalSeconds, 29, 31);
        Assert.Equal(0, _state.Active);
    }

    private void Go(double seconds, ComparisonResult compared = default, TierHealth[]? tiers = null)
    {
        for (var until = _now + TimeSpan.FromSeconds(seconds); _now < until;)
        {
            Step(compared, tiers);
        }
    }

    private void Step(ComparisonResult compared, TierHealth[]? tiers = null, Order? order = null)
    {
        (_state, _last) = FailoverMachine.Step(
            _state, tiers ?? BothHealthy, order, firstRound: true, Defaults, _now, compared: compared);
        _now += TimeSpan.FromMilliseconds(50);
    }
}
