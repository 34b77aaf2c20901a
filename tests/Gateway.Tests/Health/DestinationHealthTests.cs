using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "unit")]
public class DestinationHealthTests
{
    private static readonly ProbeConfig Probe = new() { Fall = 2, Rise = 3 };
    private static readonly PassiveConfig Passive = new() { EjectFor = TimeSpan.FromSeconds(5), MaxEjectFor = TimeSpan.FromSeconds(30) };

    /// <summary>
    /// A word is a sequence of probes: + passed, - failed. The second is the health status after each of them: U up, D down.
    /// </summary>
    [Theory]
    [InlineData("+", "U")]
    [InlineData("-", "D")]
    [InlineData("+-", "UU")]
    [InlineData("+--", "UUD")]
    [InlineData("+-+-+-", "UUUUUU")]
    [InlineData("+--+++", "UUDDDU")]
    [InlineData("-++-+++", "DDDDDDU")]
    [InlineData("-+++", "DDDU")]
    public void Probes_InSequence_FallAndRise(string probes, string statuses)
    {
        var state = new HealthState();
        var seen = string.Empty;
        foreach (var probe in probes)
        {
            state = DestinationHealth.OnProbe(state, probe == '+', Probe, exhausted: false);
            seen += state.HealthStatus == HealthStatus.Up ? 'U' : 'D';
        }

        Assert.Equal(statuses, seen);
    }

    [Fact]
    public void Down_OnePassedProbeWhileExhausted_IsUp()
    {
        var down = new HealthState(ProbeOpinion.Down);
        Assert.Equal(HealthStatus.Up, DestinationHealth.OnProbe(down, passed: true, Probe, exhausted: true).HealthStatus);
        Assert.Equal(HealthStatus.Down, DestinationHealth.OnProbe(down, passed: true, Probe, exhausted: false).HealthStatus);
    }

    [Theory]
    [InlineData("+", false)]
    [InlineData("+-", true)]
    [InlineData("+--", false)]
    [InlineData("+--+", true)]
    [InlineData("+-+", false)]
    public void FastProbe_AfterContradiction_IsWanted(string probes, bool fast)
    {
        var state = probes.Aggregate(new HealthState(), (s, p) => DestinationHealth.OnProbe(s, p == '+', Probe, exhausted: false));
        Assert.Equal(fast, DestinationHealth.WantsFastProbe(state));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(3, 30)]
    [InlineData(60, 30)]
    public void Ejection_InARow_DoublesUpToItsMaximum(int before, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), DestinationHealth.EjectionOf(before, Passive));

    [Fact]
    public void Ejected_GreenProbesAlone_DoNotBringItBack()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up), Passive, exhausted: false, At(0));
        for (var second = 0; second < 300; second++)
        {
            state = DestinationHealth.OnProbe(state, passed: true, Probe, exhausted: false);
            state = DestinationHealth.OnTick(state, Passive, exhausted: false, At(second));
            Assert.Equal(second < 5 ? HealthStatus.Ejected : HealthStatus.HalfOpen, state.HealthStatus);
        }
    }

    [Fact]
    public void HalfOpen_Passed_IsUpAndForgetsItsEjectionsOnlyAfterALongGoodTime()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up), Passive, exhausted: false, At(0));
        state = DestinationHealth.OnTick(state, Passive, exhausted: false, At(5));
        state = DestinationHealth.PassHalfOpenProbe(state, At(6));
        Assert.Equal(HealthStatus.Up, state.HealthStatus);
        Assert.Equal(1, DestinationHealth.OnTick(state, Passive, exhausted: false, At(55)).Ejections);
        Assert.Equal(0, DestinationHealth.OnTick(state, Passive, exhausted: false, At(56)).Ejections);
    }

    [Fact]
    public void HalfOpen_Failed_IsEjectedForTwiceAsLong()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up), Passive, exhausted: false, At(0));
        state = DestinationHealth.OnTick(state, Passive, exhausted: false, At(5));
        state = DestinationHealth.Eject(state, Passive, exhausted: false, At(5));
        Assert.Equal(HealthStatus.Ejected, state.HealthStatus);
        Assert.Equal(At(15), state.EjectedUntil);
    }

    [Fact]
    public void Ejected_LateEvidenceOfTheSameFault_DoesNotLengthenIt()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up), Passive, exhausted: false, At(0));
        Assert.Equal(state, DestinationHealth.Eject(state, Passive, exhausted: false, At(1)));
    }

    [Fact]
    public void Ejected_RestartedMeanwhile_GetsItsHalfOpenProbeAtOnce()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up), Passive, exhausted: false, At(0));
        state = "--+++".Aggregate(state, (s, p) => DestinationHealth.OnProbe(s, p == '+', Probe, exhausted: false));
        Assert.Equal(HealthStatus.HalfOpen, state.HealthStatus);
    }

    [Fact]
    public void Ejected_ProbesSayDown_IsDown()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up), Passive, exhausted: false, At(0));
        state = "--".Aggregate(state, (s, p) => DestinationHealth.OnProbe(s, p == '+', Probe, exhausted: false));
        Assert.Equal(HealthStatus.Down, state.HealthStatus);
    }

    [Fact]
    public void Ejected_ClusterExhausted_GetsItsHalfOpenProbeAfterASecond()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up, Ejections: 3), Passive, exhausted: false, At(0));
        Assert.Equal(HealthStatus.Ejected, DestinationHealth.OnTick(state, Passive, exhausted: true, At(0.9)).HealthStatus);
        Assert.Equal(HealthStatus.HalfOpen, DestinationHealth.OnTick(state, Passive, exhausted: true, At(1)).HealthStatus);
    }

    [Fact]
    public void HalfOpen_FailedAgainAndAgainWhileExhausted_LeavesNoLongEjection()
    {
        var state = DestinationHealth.Eject(new HealthState(ProbeOpinion.Up), Passive, exhausted: false, At(0));
        for (var second = 1; second < 60; second++)
        {
            state = DestinationHealth.OnTick(state, Passive, exhausted: true, At(second));
            Assert.Equal(HealthStatus.HalfOpen, state.HealthStatus);
            state = DestinationHealth.Eject(state, Passive, exhausted: true, At(second));
        }

        Assert.Equal(Passive.EjectFor, state.EjectedUntil - state.EjectedAt);
    }

    [Theory]
    [InlineData(0.01, false, 0, 1.0)]
    [InlineData(0.01, false, 1, 1.1)]
    [InlineData(0.01, false, -1, 0.9)]
    [InlineData(0.01, true, 0, 0.25)]
    [InlineData(0.8, true, 0, 0.8)]
    [InlineData(1.4, false, 1, 1.4)]
    public void Schedule_FromStartToStart_NeverBeforeTheEnd(double ended, bool fast, double jitter, double next) =>
        Assert.Equal(At(next), ProbeSchedule.Next(At(0), At(ended), fast, Probe, jitter));

    /// <summary>The worst case by arithmetic: the fault comes right after a good probe, and jitter is against us.</summary>
    [Theory]
    [InlineData(0.8, 3.0)]
    [InlineData(0.0, 2.0)]
    public void Detection_ByProbesAlone_KeepsItsPromise(double failingProbeTakes, double limit)
    {
        var state = new HealthState(ProbeOpinion.Up);
        var start = At(0);
        var end = At(0);
        while (state.HealthStatus != HealthStatus.Down)
        {
            start = ProbeSchedule.Next(start, end, DestinationHealth.WantsFastProbe(state), Probe, jitter: 1);
            end = start + TimeSpan.FromSeconds(failingProbeTakes);
            state = DestinationHealth.OnProbe(state, passed: false, Probe, exhausted: false);
        }

        // Two ticks of the loop come on top of the arithmetic: one to start the probe, one to act on it.
        Assert.InRange(end.TotalSeconds, 0, limit - 0.1);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
