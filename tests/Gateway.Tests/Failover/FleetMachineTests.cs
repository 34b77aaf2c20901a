using Gateway.Configuration.Model;
using Gateway.Failover;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What the machine makes of the fleet's word.</summary>
[Trait("kind", "unit")]
public sealed class FleetMachineTests
{
    private static readonly ClusterConfig Config = new() { Name = "guide", Tiers = [] };
    private static readonly FleetDirective Wait = new(Agreed: true, MayReturn: 0, Call: null);

    [Fact]
    public void Failover_Called_MovesThoughItLooksWellFromHere_AndOnlyOnce()
    {
        var drive = new Drive();
        drive.Go(100, Wait);
        var call = Wait with { Call = new TierSwitchDecision(4, Up: false, From: 0, To: 1, At(100)) };
        drive.Go(101, call);
        Assert.Equal((1, TransitionReason.Failover, 4L), (drive.State.Active, drive.Changes.Single().Reason, drive.State.Epoch));

        // The same call again is old; the tier that was left has to prove itself anew.
        drive.Go(129, call with { MayReturn = 0b11 });
        Assert.Equal(1, drive.State.Active);
        drive.Go(132, call with { MayReturn = 0b11 });
        Assert.Equal(0, drive.State.Active);
        Assert.Equal(2, drive.Changes.Count);
    }

    [Fact]
    public void Failover_CalledToWhatCannotServeHere_IsNotFollowed()
    {
        var drive = new Drive();
        drive.Go(10, Wait);
        drive.Tiers = [TierHealth.Healthy, TierHealth.Unavailable];
        drive.Go(12, Wait with { Call = new TierSwitchDecision(4, Up: false, From: 0, To: 1, At(10)) });
        Assert.Equal(0, drive.State.Active);
        Assert.Empty(drive.Changes);
    }

    [Theory]
    [InlineData(nameof(TierHealth.Healthy), 0)]
    [InlineData(nameof(TierHealth.Unverified), 0)]
    [InlineData(nameof(TierHealth.Degraded), 1)]
    public void Failover_CalledWhileItsTierIsHeld_IsFollowedOnlyIfItCannotServe(string held, int active)
    {
        var drive = new Drive();
        drive.Go(10, Wait);
        drive.State = drive.State with { Held = new Hold(0, At(1000), "why") };
        drive.Tiers = [Enum.Parse<TierHealth>(held), TierHealth.Healthy];
        drive.Go(10.2, Wait with { Call = new TierSwitchDecision(4, Up: false, From: 0, To: 1, At(10)) });

        Assert.Equal(active, drive.State.Active);
    }

    [Fact]
    public void Failover_CannotReachAnything_LeavesAtOnceWhateverTheOthersSay()
    {
        var drive = new Drive();
        drive.Go(10, Wait);
        drive.Tiers = [TierHealth.Unavailable, TierHealth.Healthy];
        drive.Go(10.1, Wait);
        Assert.Equal(1, drive.State.Active);
    }

    [Fact]
    public void Failback_Ripe_WaitsForTheFleet_AndAloneGoesByItself()
    {
        var drive = OnStandby();
        drive.Go(100, Wait);
        Assert.Equal(1, drive.State.Active);
        drive.Go(100.2, default);
        Assert.Equal(0, drive.State.Active);
    }

    [Fact]
    public void Failback_Called_StartsTheRampWhereTheOthersAre()
    {
        var drive = OnStandby();
        drive.Go(40, Wait);
        drive.Go(46, Wait with { Call = new TierSwitchDecision(5, Up: true, From: 1, To: 0, At(40)) });

        // 6 of 30 s: 10 % and a fifth of the other 90 %.
        Assert.Equal((0, 1), (drive.State.Active, drive.State.RampFrom));
        Assert.Equal(0.28, FailoverTimers.ShareOf(drive.State, Config.Failback, At(46)), 2);
    }

    [Fact]
    public void Failback_CalledButNotAbleHere_FollowsLaterByItsOwnProof()
    {
        var drive = OnStandby();
        drive.Tiers = [TierHealth.Unverified, TierHealth.Healthy];
        drive.Go(40, Wait);
        drive.Go(41, Wait with { Call = new TierSwitchDecision(5, Up: true, From: 1, To: 0, At(40)) });
        Assert.Equal(1, drive.State.Active);
        drive.Tiers = [TierHealth.Healthy, TierHealth.Healthy];
        drive.Go(70, Wait with { MayReturn = 0b11 });
        Assert.Equal(1, drive.State.Active);
        drive.Go(72, Wait with { MayReturn = 0b11 });
        Assert.Equal(0, drive.State.Active);
    }

    [Fact]
    public void Failback_CalledWhileHeld_IsNotFollowed()
    {
        var drive = OnStandby();
        drive.State = drive.State with { Held = new Hold(1, At(1000), "why") };
        drive.Go(41, Wait with { Call = new TierSwitchDecision(5, Up: true, From: 1, To: 0, At(40)) });
        Assert.Equal(1, drive.State.Active);
    }

    [Fact]
    public void StartedInTheMiddleOfARamp_JoinsIt()
    {
        var drive = new Drive();
        drive.Go(1, Wait with { Call = new TierSwitchDecision(5, Up: true, From: 1, To: 0, At(-15)) });
        Assert.Equal((0, 1), (drive.State.Active, drive.State.RampFrom));
        Assert.Equal(0.58, FailoverTimers.ShareOf(drive.State, Config.Failback, At(1)), 2);
        Assert.Empty(drive.Changes);
    }

    private static Drive OnStandby()
    {
        var drive = new Drive { Tiers = [TierHealth.Unavailable, TierHealth.Healthy] };
        drive.Go(2, default);
        drive.Tiers = [TierHealth.Healthy, TierHealth.Healthy];
        drive.Go(5, Wait);
        drive.Changes.Clear();
        Assert.Equal(1, drive.State.Active);
        return drive;
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private sealed class Drive
    {
        private double _now;

        public ClusterState State { get; set; } = new();

        public List<Change> Changes { get; } = [];

        public TierHealth[] Tiers { get; set; } = [TierHealth.Healthy, TierHealth.Healthy];

        // Every 100 ms, as the loop would.
        public void Go(double until, FleetDirective word)
        {
            for (; _now <= until + 0.001; _now += 0.1)
            {
                var (state, change) = FailoverMachine.Step(State, Tiers, null, firstRound: true, Config, At(_now), word);
                State = state;
                if (change is { } real)
                {
                    Changes.Add(real);
                }
            }
        }
    }
}
