using Gateway.Failover;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>When a window of response times ends, which ones it takes, and what the next one knows of it.</summary>
[Trait("kind", "unit")]
public sealed class AdaptiveLimitWindowTests
{
    private const int Enough = 20;
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(10);

    private readonly ManualTime _clock = new();
    private readonly AdaptiveLimit _limit;

    public AdaptiveLimitWindowTests() => _limit = new AdaptiveLimit(_clock, static () => 0.5);

    [Fact]
    public void Window_OfASecondAndTwentyResponses_Ends()
    {
        Sample(Enough - 1, afterMs: 500, Quick);
        Assert.Equal(20, _limit.Current);

        Sample(1, afterMs: 500, Quick);
        Assert.Equal(40, _limit.Current);
        Assert.Equal(40, _limit.CurrentOfOthers);
    }

    [Fact]
    public void Window_OfLessThanASecond_GoesOn()
    {
        Sample(100, afterMs: 999, Quick);
        Assert.Equal(20, _limit.Current);
    }

    [Fact]
    public void Window_OfFewResponses_GoesOnUntilItHasEnough()
    {
        Sample(Enough - 1, afterMs: 5000, Quick);
        Assert.Equal(20, _limit.Current);
        Sample(1, afterMs: 0, Quick);
        Assert.Equal(40, _limit.Current);
    }

    // Its request was let in before the window began, under another limit.
    [Fact]
    public void Response_LongerThanTheWindow_IsLeftOut()
    {
        Sample(Enough, afterMs: 1000, TimeSpan.FromMilliseconds(1001));
        Assert.Equal(20, _limit.Current);
        Sample(Enough, afterMs: 0, TimeSpan.FromMilliseconds(1000));
        Assert.Equal(40, _limit.Current);

        // The limit has just doubled: those of before tell nothing of it.
        Sample(Enough, afterMs: 1000, TimeSpan.FromMilliseconds(1500));
        Assert.Equal(40, _limit.Current);
    }

    // Once load shows, the limit moves little from one window to the next, and slow tiers have no shorter responses.
    [Fact]
    public void Response_LongerThanTheWindow_CountsOnceTheLimitMovesLittle()
    {
        Sample(Enough, afterMs: 1000, Quick);
        Sample(Enough, afterMs: 1000, 3 * Quick);
        var limit = _limit.Current;
        Assert.InRange(limit, 30, 39);

        Sample(Enough, afterMs: 1000, TimeSpan.FromSeconds(3));
        Assert.InRange(_limit.Current, 20, limit - 1);
    }

    // What was in flight in an earlier window shows nothing of this one.
    [Fact]
    public void Window_InWhichLittleWasAskedFor_LeavesTheLimit()
    {
        Sample(Enough, afterMs: 1000, Quick);
        Sample(Enough, afterMs: 1000, Quick, inFlight: 1);
        Assert.Equal(40, _limit.Current);
        Sample(Enough, afterMs: 1000, Quick, inFlight: 20);
        Assert.Equal(80, _limit.Current);
    }

    private void Sample(int count, int afterMs, TimeSpan latency, int inFlight = 1000)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(afterMs));
        for (var i = 0; i < count; i++)
        {
            _limit.Sample(latency, inFlight);
        }
    }
}
