using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>What becomes of each state of a destination, field by field.</summary>
[Trait("kind", "unit")]
public sealed class DestinationHealthStatesTests
{
    private static readonly ProbeConfig Probe = new() { Fall = 2, Rise = 3 };
    private static readonly PassiveConfig Passive = new() { EjectFor = TimeSpan.FromSeconds(5), MaxEjectFor = TimeSpan.FromSeconds(30) };

    /// <summary>Opinion of probes, results that contradict it, opinion of traffic; before a probe and after it.</summary>
    [Theory]
    [InlineData("Unknown 0 Good", true, false, "Up 0 Good")]
    [InlineData("Unknown 0 Good", false, false, "Down 0 Good")]
    [InlineData("Unknown 0 Ejected", true, false, "Up 0 Ejected")]
    [InlineData("Up 0 Good", true, false, "Up 0 Good")]
    [InlineData("Up 1 Good", true, false, "Up 0 Good")]
    [InlineData("Up 0 Good", false, false, "Up 1 Good")]
    [InlineData("Up 0 Good", false, true, "Up 1 Good")]
    [InlineData("Up 1 Good", false, false, "Down 0 Good")]
    [InlineData("Up 1 Ejected", false, false, "Down 0 Ejected")]
    [InlineData("Up 0 Ejected", true, false, "Up 0 Ejected")]
    [InlineData("Up 0 HalfOpen", true, false, "Up 0 HalfOpen")]
    [InlineData("Down 0 Good", false, false, "Down 0 Good")]
    [InlineData("Down 2 Good", false, false, "Down 0 Good")]
    [InlineData("Down 0 Good", true, false, "Down 1 Good")]
    [InlineData("Down 1 Good", true, false, "Down 2 Good")]
    [InlineData("Down 2 Good", true, false, "Up 0 Good")]
    [InlineData("Down 0 Good", true, true, "Up 0 Good")]
    [InlineData("Down 1 Ejected", true, false, "Down 2 Ejected")]
    [InlineData("Down 2 Ejected", true, false, "Up 0 HalfOpen")]
    [InlineData("Down 0 Ejected", true, true, "Up 0 HalfOpen")]
    [InlineData("Down 2 HalfOpen", true, false, "Up 0 HalfOpen")]
    public void Probe_Ended_MakesOfAState(string before, bool passed, bool exhausted, string after)
    {
        var state = Parse(before);
        Assert.Equal(Parse(after), DestinationHealth.OnProbe(state, passed, Probe, exhausted));
        Assert.Equal(state.Streak > 0, DestinationHealth.WantsFastProbe(state));
    }

    [Fact]
    public void Probe_WhereOneDecides_DecidesAtOnce()
    {
        var hasty = new ProbeConfig { Fall = 1, Rise = 1 };
        Assert.Equal(Parse("Down 0 Good"), DestinationHealth.OnProbe(Parse("Up 0 Good"), passed: false, hasty, exhausted: false));
        Assert.Equal(Parse("Up 0 Good"), DestinationHealth.OnProbe(Parse("Down 0 Good"), passed: true, hasty, exhausted: false));
    }

    /// <summary>Ejections in a row before and after, and how long the new one lasts.</summary>
    [Theory]
    [InlineData("Good", 0, false, 1, 5)]
    [InlineData("Good", 1, false, 2, 10)]
    [InlineData("HalfOpen", 2, false, 3, 20)]
    [InlineData("HalfOpen", 3, false, 4, 30)]
    [InlineData("Good", 0, true, 1, 5)]
    [InlineData("HalfOpen", 1, true, 1, 5)]
    [InlineData("HalfOpen", 2, true, 2, 10)]
    [InlineData("HalfOpen", 3, true, 3, 20)]
    public void Ejected_ForTheTimeThatFollowsFromThoseBefore(string traffic, int before, bool exhausted, int after, double seconds)
    {
        var state = Parse($"Up 0 {traffic}") with { Ejections = before, GoodSince = At(3) };
        Assert.Equal(
            state with
            {
                Traffic = TrafficOpinion.Ejected,
                EjectedAt = At(100),
                EjectedUntil = At(100 + seconds),
                Ejections = after,
            },
            DestinationHealth.Eject(state, Passive, exhausted, At(100)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ejected_Twice_IsEjectedOnce(bool exhausted)
    {
        var ejected = Ejected();
        Assert.Equal(ejected, DestinationHealth.Eject(ejected, Passive, exhausted, At(102)));
    }

    [Fact]
    public void HalfOpenProbe_ChangesNothingButWhatItIsFor()
    {
        var halfOpen = Ejected() with { Traffic = TrafficOpinion.HalfOpen };
        var good = halfOpen with { Traffic = TrafficOpinion.Good, GoodSince = At(106) };

        Assert.Equal(good, DestinationHealth.PassHalfOpenProbe(halfOpen, At(106)));
        Assert.Equal(good, DestinationHealth.PassHalfOpenProbe(good, At(200)));
        Assert.Equal(Ejected(), DestinationHealth.PassHalfOpenProbe(Ejected(), At(106)));

        Assert.Equal(halfOpen, DestinationHealth.OfferHalfOpenProbe(Ejected()));
        Assert.Equal(halfOpen, DestinationHealth.OfferHalfOpenProbe(halfOpen));
        Assert.Equal(good, DestinationHealth.OfferHalfOpenProbe(good));
    }

    /// <summary>Ejected at 100 s until 120 s.</summary>
    [Theory]
    [InlineData(100, false, false)]
    [InlineData(101, false, false)]
    [InlineData(119.999, false, false)]
    [InlineData(120, false, true)]
    [InlineData(120.001, false, true)]
    [InlineData(100.999, true, false)]
    [InlineData(101, true, true)]
    [InlineData(101.001, true, true)]
    public void Ejection_Over_EndsInAHalfOpenProbe(double now, bool exhausted, bool over)
    {
        var ejected = Ejected() with { Ejections = 3, EjectedUntil = At(120) };
        Assert.Equal(
            over ? ejected with { Traffic = TrafficOpinion.HalfOpen } : ejected,
            DestinationHealth.OnTick(ejected, Passive, exhausted, At(now)));
    }

    /// <summary>Good since 100 s: ten times the first ejection are 50 s.</summary>
    [Theory]
    [InlineData("Good", 2, 149.999, 2)]
    [InlineData("Good", 2, 150, 0)]
    [InlineData("Good", 1, 150.001, 0)]
    [InlineData("Good", 0, 1000, 0)]
    [InlineData("HalfOpen", 2, 1000, 2)]
    public void Ejections_AfterALongGoodTime_AreForgotten(string traffic, int before, double now, int after)
    {
        var state = Parse($"Up 0 {traffic}") with { Ejections = before, GoodSince = At(100), EjectedAt = At(40), EjectedUntil = At(60) };
        Assert.Equal(state with { Ejections = after }, DestinationHealth.OnTick(state, Passive, exhausted: true, At(now)));
    }

    /// <summary>Doubled at most twenty times, and never longer than the maximum.</summary>
    [Theory]
    [InlineData(0, 0.001)]
    [InlineData(1, 0.002)]
    [InlineData(19, 524.288)]
    [InlineData(20, 1048.576)]
    [InlineData(21, 1048.576)]
    [InlineData(1000, 1048.576)]
    public void Ejection_OfAMillisecond_IsDoubled(int before, double seconds) => Assert.Equal(
        At(seconds),
        DestinationHealth.EjectionOf(
            before,
            new PassiveConfig { EjectFor = TimeSpan.FromMilliseconds(1), MaxEjectFor = TimeSpan.FromDays(1) }));

    private static HealthState Ejected() =>
        Parse("Up 0 Ejected") with { EjectedAt = At(100), EjectedUntil = At(105), Ejections = 1 };

    private static HealthState Parse(string state)
    {
        var parts = state.Split(' ');
        return new HealthState(Enum.Parse<ProbeOpinion>(parts[0]), int.Parse(parts[1]), Enum.Parse<TrafficOpinion>(parts[2]));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
