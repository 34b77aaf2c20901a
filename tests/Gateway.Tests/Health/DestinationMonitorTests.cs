using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "unit")]
public class DestinationMonitorTests
{
    private static readonly HealthContext WithSpare = new(
        Exhausted: false,
        HasSpare: true,
        Doubtful: false,
        LateAfter: TimeSpan.FromMilliseconds(250));
    private static readonly HealthContext Alone = WithSpare with { HasSpare = false };
    private static readonly HealthContext Last = Alone with { IsLast = true };
    private readonly Destination _destination = new("guide", "primary", "a", new Uri("http://127.0.0.1:9001"));
    private readonly DestinationMonitor _monitor;

    public DestinationMonitorTests()
    {
        _monitor = NewMonitor(new ClusterConfig { Name = "guide", Tiers = [] });
    }

    [Theory]
    [InlineData((int)EvidenceKind.Connect)]
    [InlineData((int)EvidenceKind.Reset)]
    [InlineData((int)EvidenceKind.Timeout)]
    [InlineData((int)EvidenceKind.Truncated)]
    public void Failures_ThreeInARow_Eject(int kind)
    {
        Fail((EvidenceKind)kind, 2);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Fail((EvidenceKind)kind, 1);
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
        Assert.Equal(HealthStatus.Ejected, _destination.HealthStatus);
        Assert.StartsWith("3 failures in a row on route 'r'", _monitor.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Failures_ASuccessBetween_StartTheRunAnew()
    {
        for (var round = 0; round < 4; round++)
        {
            Fail(EvidenceKind.Reset, 2);
            _destination.Tally("r").Success();
            Succeed("r", 10);
        }

        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
    }

    [Fact]
    public void Failures_OnOneRouteWhileAnotherSucceeds_TakeThatRouteElsewhere()
    {
        for (var round = 0; round < 3; round++)
        {
            Succeed("cheap", 1000);
            Fail(EvidenceKind.Truncated, 1, "dear");
        }

        Assert.Equal((HealthStatus.Up, RouteAvoidance.Ill), (_monitor.State.HealthStatus, _destination.Tally("dear").Avoidance));
        Assert.Equal(RouteAvoidance.None, _destination.Tally("cheap").Avoidance);
    }

    [Fact]
    public void Failures_OfTwoRoutesInOneRun_AreTheDestinations()
    {
        Succeed("a", 1000);
        Succeed("b", 1000);
        Fail(EvidenceKind.Reset, 3, "a");
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);

        // Of these nothing is known but that they failed.
        for (var count = 0; count < 100; count++)
        {
            _monitor.OnEvidence(new Evidence(_destination, "b", EvidenceKind.Reset), WithSpare, At(1));
            _monitor.OnEvidence(new Evidence(_destination, "c", EvidenceKind.Reset, Lone: true), WithSpare, At(1));
            _monitor.Reconsider(_monitor.Find("a")!, WithSpare, At(1));
        }

        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Fail(EvidenceKind.Reset, 3, "b");
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
    }

    [Theory]
    [InlineData((int)EvidenceKind.Reset, 0)]
    [InlineData((int)EvidenceKind.Timeout, 0)]
    [InlineData((int)EvidenceKind.Truncated, 0)]
    [InlineData((int)EvidenceKind.Status, 503)]
    [InlineData((int)EvidenceKind.Status, 500)]
    public void Failures_ServedNowhere_MoveNothingButTheirRoute(int kind, int status)
    {
        for (var count = 0; count < 1000; count++)
        {
            _monitor.OnEvidence(new Evidence(_destination, "r", (EvidenceKind)kind, Status: status, Lone: true), WithSpare, At(1));
        }

        Assert.Equal((HealthStatus.Up, RouteAvoidance.Suspected), (_monitor.State.HealthStatus, _destination.Tally("r").Avoidance));
        _monitor.OnTick(exhausted: false, At(6.5));
        Assert.Equal(RouteAvoidance.None, _destination.Tally("r").Avoidance);
    }

    [Fact]
    public void Failures_OfAllRoutesThatNeighboursServe_AreTheDestinations()
    {
        Succeed("a", 100);
        Succeed("b", 100);
        foreach (var route in new[] { "a", "b" })
        {
            Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
            for (var count = 0; count < 3; count++)
            {
                _monitor.OnEvidence(
                    new Evidence(_destination, route, EvidenceKind.Reset, Lone: true),
                    WithSpare with { OthersServed = true },
                    At(1));
            }

            _monitor.Find(route)!.NeighboursServe = true;
            _monitor.Reconsider(_monitor.Find(route)!, WithSpare with { OthersServed = true }, At(1));
        }

        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
    }

    [Fact]
    public void Failures_TriedElsewhereInVain_MoveNotEvenTheirRoute()
    {
        for (var count = 0; count < 1000; count++)
        {
            _monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Reset), WithSpare, At(1));
        }

        Assert.Equal((HealthStatus.Up, RouteAvoidance.None), (_monitor.State.HealthStatus, _destination.Tally("r").Avoidance));
    }

    [Theory]
    [InlineData(false, (int)HealthStatus.Ejected)]
    [InlineData(true, (int)HealthStatus.Up)]
    public void Failures_ServedByNeighbours_EjectUnlessOtherRoutesSucceed(bool othersSucceed, int healthStatus)
    {
        for (var count = 0; count < 3; count++)
        {
            _monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Reset, Lone: true), WithSpare, At(1));
        }

        if (othersSucceed)
        {
            Succeed("other", 10);
        }

        var record = _monitor.Find("r")!;
        Assert.Equal(new RouteCount(0, 3), record.AtSuspicion);
        record.NeighboursServe = true;
        _monitor.Reconsider(record, WithSpare, At(1.1));
        Assert.Equal((HealthStatus)healthStatus, _monitor.State.HealthStatus);
    }

    [Fact]
    public void Failures_BeyondMaxEjected_EjectOnlyWhatFailsWhateverItIsAsked()
    {
        var full = WithSpare with { HasRoom = false };

        // One in five fails now and then: three in a row are chance.
        for (var round = 0; round < 50; round++)
        {
            Succeed("r", 8);
            Fail(EvidenceKind.Reset, 2, around: full);
        }

        Fail(EvidenceKind.Reset, 1, around: full);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Fail(EvidenceKind.Reset, 9, around: full);
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
    }

    [Theory]
    [InlineData(501)]
    [InlineData(505)]
    [InlineData(507)]
    [InlineData(429)]
    public void Statuses_ThatAreNoIllness_MoveNothing(int status)
    {
        for (var count = 0; count < 200; count++)
        {
            _monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Status, Status: status), WithSpare, At(1));
            _monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Status, Status: status, Confirmed: true), WithSpare, At(1));
        }

        Assert.Equal((HealthStatus.Up, RouteAvoidance.None), (_monitor.State.HealthStatus, _destination.Tally("r").Avoidance));
    }

    [Fact]
    public void Failures_EverySecondRequest_EjectByTheirShare()
    {
        for (var round = 0; round < 9; round++)
        {
            Fail(EvidenceKind.Reset, 1);
            Succeed("r", 1);
        }

        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Fail(EvidenceKind.Reset, 1);
        Succeed("r", 1);
        Fail(EvidenceKind.Reset, 1);
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
        Assert.StartsWith("too large a share", _monitor.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503, 2, (int)RouteAvoidance.None)]
    [InlineData(503, 3, (int)RouteAvoidance.Suspected)]
    [InlineData(500, 19, (int)RouteAvoidance.None)]
    [InlineData(500, 20, (int)RouteAvoidance.Suspected)]
    public void Statuses_InAttemptsOn_CountForTheRun_OthersForTheShare(int status, int count, int avoidance)
    {
        for (var index = 0; index < count; index++)
        {
            _monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Status, Status: status, Lone: true), WithSpare, At(1));
        }

        Assert.Equal((RouteAvoidance)avoidance, _destination.Tally("r").Avoidance);
    }

    [Fact]
    public void Statuses_500AddedToAttemptsOn_CountForTheRun()
    {
        var monitor = NewMonitor(new ClusterConfig
        {
            Name = "guide",
            Tiers = [],
            Attempts = new AttemptsConfig { OnStatus = [500, 502, 503, 504] }
        });
        for (var index = 0; index < 3; index++)
        {
            monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Status, Status: 500), WithSpare, At(1));
            monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Status, Status: 500, Confirmed: true), WithSpare, At(1));
        }

        Assert.Equal(HealthStatus.Ejected, monitor.State.HealthStatus);
    }

    [Fact]
    public void Statuses_ChanceRunAtTheLastHealthyOne_DoesNotEjectIt()
    {
        Succeed("r", 100);
        Fail(EvidenceKind.Status, 3, around: Alone);

        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
    }

    [Fact]
    public void Statuses_MostlyBadAtTheLastHealthyOne_EjectIt()
    {
        Succeed("r", 10);
        Fail(EvidenceKind.Status, 10, around: Alone);

        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
    }

    [Theory]
    [InlineData((int)EvidenceKind.Status, false)]
    [InlineData((int)EvidenceKind.Truncated, false)]
    [InlineData((int)EvidenceKind.Late, false)]
    [InlineData((int)EvidenceKind.Reset, false)]
    [InlineData((int)EvidenceKind.Timeout, false)]
    [InlineData((int)EvidenceKind.Connect, true)]
    public void LastServingOne_IsEjectedOnlyWhereItIsNotReached(int kind, bool ejected)
    {
        Fail((EvidenceKind)kind, 100, around: Last);
        Assert.Equal(ejected, _monitor.State.HealthStatus == HealthStatus.Ejected);
    }

    [Fact]
    public void Late_FarBeyond_EjectsAFrozenOne()
    {
        Late(2, 250);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Late(1, 250);
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
    }

    [Fact]
    public void Late_ALittle_MakesASuspectButNoEjection()
    {
        Late(4, 205);
        Assert.False(_monitor.Suspect);
        Late(1000, 205);
        Assert.True(_monitor.Suspect);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Assert.True(_monitor.OnTick(exhausted: false, At(2.1)));
        Assert.False(_monitor.Suspect);
    }

    [Fact]
    public void Late_NobodyElseIsBetter_EjectsNone()
    {
        for (var index = 0; index < 1000; index++)
        {
            _monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Late, Waited: TimeSpan.FromSeconds(4)), Alone, At(1));
        }

        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
    }

    [Theory]
    [InlineData((int)EvidenceKind.Timeout, 5000, false)]
    [InlineData((int)EvidenceKind.Late, 300, false)]
    [InlineData((int)EvidenceKind.Connect, 500, false)]
    [InlineData((int)EvidenceKind.Connect, 1, true)]
    [InlineData((int)EvidenceKind.Reset, 5000, true)]
    public void Failures_WhileWeWereStarved_CountOnlyIfTheyNeedNoClock(int kind, int waited, bool ejected)
    {
        for (var index = 0; index < 5; index++)
        {
            var evidence = new Evidence(_destination, "r", (EvidenceKind)kind, Waited: TimeSpan.FromMilliseconds(waited));
            _monitor.OnEvidence(evidence, WithSpare with { Doubtful = true }, At(1));
            _monitor.OnEvidence(evidence with { Confirmed = true }, WithSpare with { Doubtful = true }, At(1));
        }

        Assert.Equal(ejected, _monitor.State.HealthStatus == HealthStatus.Ejected);
    }

    [Fact]
    public void Probe_TimedOutWhileWeWereStarved_DoesNotCount()
    {
        var timedOut = new ProbeResult(ProbeOutcome.TimedOut, TimeSpan.FromSeconds(1));
        for (var index = 0; index < 5; index++)
        {
            _monitor.OnProbe(timedOut, WithSpare with { Doubtful = true }, At(1));
        }

        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        _monitor.OnProbe(timedOut, WithSpare, At(2));
        _monitor.OnProbe(timedOut, WithSpare, At(3));
        Assert.Equal(HealthStatus.Down, _monitor.State.HealthStatus);
        Assert.Equal("the last 2 probes failed: timed out", _monitor.Why);
    }

    [Fact]
    public void HalfOpen_OnePermit_IsGivenOnce()
    {
        EjectUntilHalfOpen();
        Assert.True(_destination.TryTakeHalfOpenPermit());
        Assert.False(_destination.TryTakeHalfOpenPermit());
        _destination.ReturnHalfOpenPermit();
        Assert.True(_destination.TryTakeHalfOpenPermit());
    }

    [Fact]
    public void HalfOpen_Succeeded_IsUpAndStartsClean()
    {
        EjectUntilHalfOpen();
        Assert.True(_destination.TryTakeHalfOpenPermit());
        Assert.True(_monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Success, HalfOpen: true), WithSpare, At(6)));
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Fail(EvidenceKind.Reset, 2);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
    }

    [Fact]
    public void HalfOpen_Failed_IsEjectedAgainAndItsPermitIsGone()
    {
        EjectUntilHalfOpen();
        Assert.True(_destination.TryTakeHalfOpenPermit());
        _monitor.OnEvidence(new Evidence(_destination, "r", EvidenceKind.Status, HalfOpen: true, Status: 500), WithSpare, At(6));
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
        _destination.ReturnHalfOpenPermit();
        Assert.False(_destination.TryTakeHalfOpenPermit());
    }

    [Fact]
    public void HalfOpen_HedgedAwayTooSoonToTell_IsOfferedAgain()
    {
        EjectUntilHalfOpen();
        Assert.True(_destination.TryTakeHalfOpenPermit());
        _monitor.OnEvidence(
            new Evidence(_destination, "r", EvidenceKind.Late, HalfOpen: true, Waited: TimeSpan.FromMilliseconds(60)),
            WithSpare,
            At(6));
        Assert.Equal(HealthStatus.HalfOpen, _monitor.State.HealthStatus);
        Assert.True(_destination.TryTakeHalfOpenPermit());
        _monitor.OnEvidence(
            new Evidence(_destination, "r", EvidenceKind.Late, HalfOpen: true, Waited: TimeSpan.FromMilliseconds(260)),
            WithSpare,
            At(6));
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
    }

    [Fact]
    public void HalfOpen_ItsHolderVanished_IsOfferedAgain()
    {
        EjectUntilHalfOpen();
        Assert.True(_destination.TryTakeHalfOpenPermit());
        _monitor.OnTick(exhausted: false, At(7));
        Assert.False(_destination.HalfOpenProbeOffered);
        _monitor.OnTick(exhausted: false, At(30));
        Assert.True(_destination.HalfOpenProbeOffered);
    }

    [Fact]
    public void HalfOpen_StragglersFromBefore_DoNotDecideIt()
    {
        EjectUntilHalfOpen();
        Fail(EvidenceKind.Reset, 10);
        Assert.Equal(HealthStatus.HalfOpen, _monitor.State.HealthStatus);
    }

    [Theory]
    [InlineData((int)EvidenceKind.Status, true, (int)RouteAvoidance.Deferred)]
    [InlineData((int)EvidenceKind.Status, false, (int)RouteAvoidance.None)]
    [InlineData((int)EvidenceKind.Busy, false, (int)RouteAvoidance.Deferred)]
    public void RetryAfter_IsGrantedToOneRouteUpToAMinute_UnlessTheRequestFailedEverywhere(int kind, bool confirmed, int avoidance)
    {
        Assert.False(_monitor.OnEvidence(
            new Evidence(_destination, "r", (EvidenceKind)kind, Status: 503, RetryAfter: TimeSpan.FromHours(1), Confirmed: confirmed),
            WithSpare,
            At(1)));
        Assert.Equal(
            ((RouteAvoidance)avoidance, RouteAvoidance.None),
            (_destination.Tally("r").Avoidance, _destination.Tally("other").Avoidance));
        _monitor.OnTick(exhausted: false, At(60.9));
        Assert.Equal((RouteAvoidance)avoidance, _destination.Tally("r").Avoidance);
        _monitor.OnTick(exhausted: false, At(61));
        Assert.Equal(RouteAvoidance.None, _destination.Tally("r").Avoidance);
        Assert.True(_monitor.Serving);
    }

    // A starved loop judges at once what many requests brought before the first one could turn the others away.
    [Fact]
    public void RetryAfter_OfRequestsThatWereUnderWay_IsSaidOnce()
    {
        Busy(10, At(1), waited: 0);
        Busy(10, At(1.5), waited: 0);
        Busy(10, At(9), waited: 7.6);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);

        // Those that were sent although it was known: no other destination is left.
        Busy(2, At(9), waited: 7.4);
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
    }

    // A write is sent once: what is told of it is its failing status, and then the pause.
    [Fact]
    public void RetryAfter_OfWritesThatWereUnderWay_IsSaidOnce()
    {
        Busy(10, At(1), waited: 0, isLone: true);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
        Assert.Equal(RouteAvoidance.Deferred, _destination.Tally("r").Avoidance);
    }

    [Fact]
    public void RetryAfter_OfAnotherRequest_MakesThePauseLonger()
    {
        var busy = new Evidence(_destination, "r", EvidenceKind.Busy, RetryAfter: TimeSpan.FromSeconds(1));
        _monitor.OnEvidence(busy, WithSpare, At(1));
        _monitor.OnEvidence(busy with { RetryAfter = TimeSpan.FromSeconds(30) }, WithSpare, At(1));
        _monitor.OnTick(exhausted: false, At(30.9));
        Assert.Equal(RouteAvoidance.Deferred, _destination.Tally("r").Avoidance);
        _monitor.OnTick(exhausted: false, At(31));
        Assert.Equal(RouteAvoidance.None, _destination.Tally("r").Avoidance);
    }

    [Fact]
    public void Probes_GoSilent_MakeASuspectBeforeTheEjection()
    {
        for (var second = 1; second <= 10; second++)
        {
            _monitor.OnProbe(new ProbeResult(ProbeOutcome.Passed, TimeSpan.FromMilliseconds(2)), WithSpare, At(second));
        }

        Assert.False(_monitor.OnTick(exhausted: false, At(11.3)));
        Assert.True(_monitor.OnTick(exhausted: false, At(11.8)));
        Assert.True(_monitor.Suspect);
        Assert.Equal(HealthStatus.Up, _monitor.State.HealthStatus);
    }

    private DestinationMonitor NewMonitor(ClusterConfig config)
    {
        var monitor = new DestinationMonitor(_destination, config, 1, At(0));
        monitor.OnProbe(new ProbeResult(ProbeOutcome.Passed, TimeSpan.FromMilliseconds(1)), WithSpare, At(0));
        return monitor;
    }

    private void EjectUntilHalfOpen()
    {
        Fail(EvidenceKind.Reset, 3);
        Assert.Equal(HealthStatus.Ejected, _monitor.State.HealthStatus);
        _monitor.OnTick(exhausted: false, At(6));
        Assert.Equal(HealthStatus.HalfOpen, _monitor.State.HealthStatus);
    }

    // Told when it is seen, and again when another destination has served the same request.
    private void Fail(EvidenceKind kind, int count, string route = "r", HealthContext? around = null)
    {
        for (var index = 0; index < count; index++)
        {
            var evidence = new Evidence(
                _destination,
                route,
                kind,
                Status: kind == EvidenceKind.Status ? 503 : 0,
                Waited: TimeSpan.FromSeconds(kind == EvidenceKind.Connect ? 0 : 5));
            _monitor.OnEvidence(evidence, around ?? WithSpare, At(1));
            if (kind is not (EvidenceKind.Connect or EvidenceKind.Late))
            {
                _monitor.OnEvidence(evidence with { Confirmed = true }, around ?? WithSpare, At(1));
            }
        }
    }

    // A 503 that asks for a minute.
    private void Busy(int count, TimeSpan now, double waited, bool isLone = false)
    {
        var seen = new Evidence(
            _destination, "r", EvidenceKind.Status, Waited: At(waited), Status: 503, RetryAfter: TimeSpan.FromMinutes(1), Lone: isLone);
        for (var i = 0; i < count; i++)
        {
            _monitor.OnEvidence(seen, WithSpare, now);
            _monitor.OnEvidence(isLone ? seen with { Kind = EvidenceKind.Busy } : seen with { Confirmed = true }, WithSpare, now);
        }
    }

    private void Late(int count, int milliseconds)
    {
        for (var index = 0; index < count; index++)
        {
            _monitor.OnEvidence(
                new Evidence(_destination, "r", EvidenceKind.Late, Waited: TimeSpan.FromMilliseconds(milliseconds)),
                WithSpare,
                At(1));
        }
    }

    private void Succeed(string route, int count)
    {
        for (var index = 0; index < count; index++)
        {
            _destination.Tally(route).Success();
        }

        _monitor.OnTick(exhausted: false, At(1));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
