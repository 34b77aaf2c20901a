using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>The waits of one route, from the times that its responses took.</summary>
[Trait("kind", "unit")]
public sealed class RouteTimingTests
{
    private static readonly TimeSpan FirstByte = TimeSpan.FromSeconds(5);
    private static readonly TimeoutsConfig Timeouts = new() { FirstByte = FirstByte };
    private static readonly TimeSpan Felt = TimeSpan.FromMilliseconds(100);

    private readonly RouteTiming _timing = new("dear", FirstByte);

    [Fact]
    public void New_KnowsNothingAndWaitsForTheTimeout()
    {
        Assert.Equal("dear", _timing.Route);
        Assert.Equal(FirstByte, _timing.LateAfter);
        Assert.Null(_timing.HedgeDelay);
        Assert.Null(_timing.SlowAfter);
        Assert.Null(_timing.SlowHeadAfter);
        Assert.Equal((false, false), (_timing.HasAvoided, _timing.HedgesSooner));
        Assert.Equal((0, 0), (_timing.Latency.Count, _timing.HeadLatency.Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HasAvoided_IsWhatTheLoopWrote(bool avoided)
    {
        _timing.HasAvoided = !avoided;
        _timing.HasAvoided = avoided;
        Assert.Equal(avoided, _timing.HasAvoided);
    }

    /// <summary>Fewer than fifty responses say nothing.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(49, false)]
    [InlineData(50, true)]
    [InlineData(51, true)]
    public void Measured_FromFiftyResponsesOn_KnowsBothWaits(int responses, bool known)
    {
        Fill(_timing.Latency, responses, 100);
        _timing.Measure(Timeouts with { FirstByte = TimeSpan.FromSeconds(3) }, At(0));

        Assert.Equal(known ? _timing.Latency.Quantile(0.97) : (TimeSpan?)null, _timing.HedgeDelay);
        Assert.Equal(
            known ? _timing.Latency.Quantile(0.8).TotalMilliseconds * 8 : 3000,
            _timing.LateAfter.TotalMilliseconds,
            3);
    }

    [Fact]
    public void Measured_TellsTheWaitsOfTheConfigurationInForce()
    {
        Fill(_timing.Latency, 50, 4000);
        _timing.Measure(Timeouts with { FirstByte = TimeSpan.FromSeconds(2) }, At(0));
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)), (_timing.HedgeDelay, _timing.LateAfter));
    }

    /// <summary>Half of the wait, but never before 20 ms, and never after the wait itself.</summary>
    [Theory]
    [InlineData(1000, 5000, 0.5)]
    [InlineData(100, 5000, 0.5)]
    [InlineData(30, 5000, 0)]
    [InlineData(1, 5000, 0)]
    [InlineData(100, 30, 0)]
    [InlineData(100, 10, 1)]
    public void Hedge_WhileAFailureIsForecast_StartsAfterHalfOfTheTime(int milliseconds, int firstByte, double part)
    {
        var timeouts = Timeouts with { FirstByte = TimeSpan.FromMilliseconds(firstByte) };
        Fill(_timing.Latency, 50, milliseconds);
        _timing.Measure(timeouts, At(0));
        var usual = _timing.HedgeDelay!.Value;

        _timing.HedgesSooner = true;
        Assert.Equal(usual, _timing.HedgeDelay);
        _timing.Measure(timeouts, At(1));
        Assert.Equal(part == 0 ? AttemptTiming.ShortestHedge : new TimeSpan((long)(usual.Ticks * part)), _timing.HedgeDelay);

        _timing.HedgesSooner = false;
        _timing.Measure(timeouts, At(2));
        Assert.Equal(usual, _timing.HedgeDelay);
    }

    [Fact]
    public void Hedge_WhileAFailureIsForecastAndNothingIsKnown_IsUnknown()
    {
        _timing.HedgesSooner = true;
        _timing.Measure(Timeouts, At(0));
        Assert.Null(_timing.HedgeDelay);
    }

    [Fact]
    public void LateAfter_FollowsTheLongTerm_HalfWayInThirtySeconds()
    {
        Fill(_timing.Latency, 50, 40);
        _timing.Measure(Timeouts, At(0));
        var before = _timing.Latency.Quantile(0.8).TotalMilliseconds;
        Assert.Equal(before * 8, _timing.LateAfter.TotalMilliseconds, 3);

        Fill(_timing.Latency, 10_000, 400);
        var after = _timing.Latency.Quantile(0.8).TotalMilliseconds;
        _timing.Measure(Timeouts, At(30));
        Assert.Equal((before + after) / 2 * 8, _timing.LateAfter.TotalMilliseconds, 3);
    }

    [Fact]
    public void LateAfter_OfAReplay_IsAsItWasThen()
    {
        _timing.Restore(TimeSpan.FromMilliseconds(700));
        Assert.Equal(TimeSpan.FromMilliseconds(700), _timing.LateAfter);
    }

    [Fact]
    public void Compared_NothingIsUsualYet_IsSlowBeyondTheMedian()
    {
        Fill(_timing.Latency, 50, 300);
        Fill(_timing.HeadLatency, 50, 60);

        _timing.Compare("primary");
        Assert.Equal(_timing.Latency.Quantile(0.5) + Felt, _timing.SlowAfter);
        Assert.Equal(_timing.HeadLatency.Quantile(0.5) + Felt, _timing.SlowHeadAfter);

        _timing.Compare(null);
        Assert.Null(_timing.SlowAfter);
        Assert.Null(_timing.SlowHeadAfter);
    }

    [Theory]
    [InlineData(50, 49)]
    [InlineData(49, 50)]
    [InlineData(49, 49)]
    public void Compared_LittleIsKnown_IsUnknownForThatOne(int responses, int heads)
    {
        Fill(_timing.Latency, responses, 300);
        Fill(_timing.HeadLatency, heads, 60);
        _timing.Compare("primary");
        Assert.Equal((responses >= 50, heads >= 50), (_timing.SlowAfter is not null, _timing.SlowHeadAfter is not null));
    }

    [Fact]
    public void Compared_ATierSlowerByNature_IsHeldToItsOwnTimes()
    {
        Fill(_timing.Latency, 50, 800);
        Fill(_timing.HeadLatency, 50, 400);
        var (high, headHigh) = (_timing.Latency.Quantile(0.95), _timing.HeadLatency.Quantile(0.95));
        _timing.Learn("standby", At(0));

        Fill(_timing.Latency, 10_000, 60);
        Fill(_timing.HeadLatency, 10_000, 20);
        _timing.Compare("standby");
        Assert.Equal((high + Felt).TotalMilliseconds, _timing.SlowAfter!.Value.TotalMilliseconds, 3);
        Assert.Equal((headHigh + Felt).TotalMilliseconds, _timing.SlowHeadAfter!.Value.TotalMilliseconds, 3);

        _timing.Compare("primary");
        Assert.Equal(_timing.Latency.Quantile(0.5) + Felt, _timing.SlowAfter);
        Assert.Equal(_timing.HeadLatency.Quantile(0.5) + Felt, _timing.SlowHeadAfter);
    }

    [Fact]
    public void Compared_WhatIsSlow_DoesNotMoveMeanwhile()
    {
        Fill(_timing.Latency, 50, 60);
        Fill(_timing.HeadLatency, 50, 20);
        _timing.Compare("primary");
        var (slow, slowHead) = (_timing.SlowAfter, _timing.SlowHeadAfter);

        Fill(_timing.Latency, 10_000, 800);
        Fill(_timing.HeadLatency, 10_000, 400);
        _timing.Learn("primary", At(1));
        _timing.Measure(Timeouts, At(1));
        Assert.Equal((slow, slowHead), (_timing.SlowAfter, _timing.SlowHeadAfter));
    }

    [Theory]
    [InlineData(199, 199, 10)]
    [InlineData(200, 100, 5)]
    [InlineData(300, 150, 5)]
    public void Decayed_OnlyWhereEnoughIsLeft(int responses, int left, int headsLeft)
    {
        Fill(_timing.Latency, responses, 100);
        Fill(_timing.HeadLatency, 10, 100);
        _timing.Decay();
        Assert.Equal((left, headsLeft), (_timing.Latency.Count, _timing.HeadLatency.Count));
    }

    private static void Fill(LatencyHistogram histogram, int count, double milliseconds)
    {
        for (var index = 0; index < count; index++)
        {
            histogram.Record(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
