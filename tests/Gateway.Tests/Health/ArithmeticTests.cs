using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "unit")]
public class ArithmeticTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    [Fact]
    public void Window_FailuresAmongSuccesses_GivesTheirShare()
    {
        var window = new FailureWindow();
        window.Add(15, 0, Window, At(0.5));
        window.Add(0, 5, Window, At(3));
        Assert.Equal(new RouteCount(15, 5), window.Count(Window, At(9)));
    }

    [Theory]
    [InlineData(9.9, 10)]
    [InlineData(10.0, 0)]
    [InlineData(1000, 0)]
    public void Window_PastItsLength_Forgets(double readAt, long requests)
    {
        var window = new FailureWindow();
        window.Add(4, 6, Window, At(0.5));
        Assert.Equal(requests, window.Count(Window, At(readAt)).Requests);
    }

    [Fact]
    public void Phi_SilenceGrows_SuspicionGrows()
    {
        var phi = new PhiAccrual();
        for (var beat = 0; beat <= 10; beat++)
        {
            phi.Beat(At(beat));
        }

        Assert.InRange(phi.Phi(At(11)), 0.2, 0.4);
        Assert.InRange(phi.Phi(At(11.2)), 1, 3);
        Assert.True(phi.Phi(At(11.5)) < PhiAccrual.Threshold);
        Assert.True(phi.Phi(At(11.7)) >= PhiAccrual.Threshold);
        Assert.True(double.IsFinite(phi.Phi(At(1_000_000))));

        // The failover loop looks from then on: not after the moment, and not long before it.
        Assert.Equal(TimeSpan.MaxValue, new PhiAccrual().SuspectFrom);
        Assert.InRange(phi.Phi(phi.SuspectFrom), PhiAccrual.Threshold - 0.5, PhiAccrual.Threshold);
    }

    [Fact]
    public void Phi_TooFewBeats_SuspectsNobody()
    {
        var phi = new PhiAccrual();
        phi.Beat(At(0));
        phi.Beat(At(1));
        Assert.Equal(0, phi.Phi(At(100)));
    }

    [Fact]
    public void Phi_UnevenBeats_ArePatient()
    {
        var even = new PhiAccrual();
        var uneven = new PhiAccrual();
        for (var beat = 0; beat <= 20; beat++)
        {
            even.Beat(At(beat));
            uneven.Beat(At(beat + (beat % 2 == 0 ? 0 : 0.6)));
        }

        Assert.True(uneven.Phi(At(21.8)) < even.Phi(At(21.8)));
    }

    [Fact]
    public void Ewma_AfterItsHalfLife_WeighsHalf()
    {
        var mean = new Ewma(At(10)).With(100, At(0)).With(0, At(10));
        Assert.Equal(50, mean.Value, 6);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(333)]
    [InlineData(5000)]
    [InlineData(60_000)]
    public void Histogram_OneLatency_IsGivenBackWithinItsStep(double milliseconds)
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.FromMilliseconds(milliseconds));
        var error = histogram.Quantile(0.5).TotalMilliseconds - milliseconds;
        Assert.InRange(error, 0, Math.Max(0.125, milliseconds * 0.126));
    }

    [Fact]
    public void Histogram_BeyondItsScale_KeepsTheEdges()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.FromHours(1));
        histogram.Record(TimeSpan.FromSeconds(-1));
        Assert.Equal(2, histogram.Count);
        Assert.InRange(histogram.Quantile(1).TotalSeconds, 60, 68);
    }

    [Fact]
    public void Histogram_Decayed_LetsTheRecentPrevail()
    {
        var histogram = new LatencyHistogram();
        Fill(histogram, 1000, 10);
        for (var round = 0; round < 4; round++)
        {
            histogram.Decay();
        }

        Fill(histogram, 200, 200);
        // Inside its step, wherever that is.
        Assert.InRange(histogram.Quantile(0.5).TotalMilliseconds, 178, 226);
        for (var round = 0; round < 12; round++)
        {
            histogram.Decay();
        }

        Assert.Equal(0, histogram.Count);
    }

    [Fact]
    public void HedgeDelay_FewResponses_IsUnknown()
    {
        var histogram = new LatencyHistogram();
        Fill(histogram, 49, 10);
        Assert.Null(AttemptTiming.HedgeDelay(histogram, new TimeoutsConfig()));
    }

    /// <summary>So many of a hundred responses are late by the given time; the others take 10 ms.</summary>
    [Theory]
    [InlineData(0, 0, 20, 20)]
    [InlineData(5, 3000, 40, 46)]
    [InlineData(10, 5000, 40, 46)]
    [InlineData(50, 210, 210, 240)]
    [InlineData(100, 4900, 4900, 5000)]
    public void HedgeDelay_SomeLate_FollowsTheBulk(int late, int lateMilliseconds, double from, double to)
    {
        var histogram = new LatencyHistogram();
        Fill(histogram, 100 - late, 10);
        Fill(histogram, late, lateMilliseconds);
        Assert.InRange(AttemptTiming.HedgeDelay(histogram, new TimeoutsConfig())!.Value.TotalMilliseconds, from, to);
    }

    [Theory]
    [InlineData(0.005, 250)]
    [InlineData(0.1, 800)]
    [InlineData(2, 5000)]
    public void LateAfter_ByTheLongTerm_StaysBetweenItsLimits(double p80Seconds, double milliseconds) =>
        Assert.Equal(
            milliseconds,
            AttemptTiming.LateAfter(new Ewma(At(30)).With(p80Seconds, At(0)), new TimeoutsConfig()).TotalMilliseconds,
            3);

    [Fact]
    public void LateAfter_NothingKnown_IsTheTimeout() =>
        Assert.Equal(new TimeoutsConfig().FirstByte, AttemptTiming.LateAfter(new Ewma(At(30)), new TimeoutsConfig()));

    [Fact]
    public void Timing_SlowRouteBesideAFastOne_HasItsOwnWaits()
    {
        var cluster = new Cluster("guide", new ClusterSnapshot { Tiers = [], Active = 0 }, At(5));
        var (fast, slow) = (cluster.TimingOf("pages"), cluster.TimingOf("recommend"));
        Assert.Same(slow, cluster.TimingOf("recommend"));
        Fill(fast.Latency, 1000, 5);
        Fill(slow.Latency, 60, 1000);
        foreach (var timing in cluster.Timings)
        {
            timing.Decay();
            timing.Measure(new TimeoutsConfig(), At(1));
        }

        Assert.Equal((20, 250), (fast.HedgeDelay!.Value.TotalMilliseconds, fast.LateAfter.TotalMilliseconds));
        Assert.InRange(slow.HedgeDelay!.Value.TotalMilliseconds, 1000, 1130);
        Assert.Equal(At(5), slow.LateAfter);
    }

    [Theory]
    [InlineData(0.2, false)]
    [InlineData(0.3, true)]
    public void SelfSuspicion_LateTick_DoubtsForAGrace(double lateBy, bool doubts)
    {
        var suspicion = new LocalHealthGuard().OnTick(At(100), At(100 + lateBy));
        Assert.Equal(doubts, suspicion.Doubts(At(100 + lateBy + 1)));
        Assert.False(suspicion.Doubts(At(100 + lateBy + 2)));
    }

    [Fact]
    public void SelfSuspicion_AlwaysStarved_StillBelievesMostOfTheTime()
    {
        var suspicion = new LocalHealthGuard();
        var doubted = 0;
        for (var tick = 1; tick <= 100; tick++)
        {
            suspicion = suspicion.OnTick(At(tick - 0.5), At(tick));
            doubted += suspicion.Doubts(At(tick + 0.5)) ? 1 : 0;
        }

        Assert.InRange(doubted, 10, 25);
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
