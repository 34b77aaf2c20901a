using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>The small rules by which health is told, each at its bounds.</summary>
[Trait("kind", "unit")]
public sealed class SmallRulesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // After a half-life the old value weighs half, after two a quarter; a clock that goes back forgets nothing.
    [Theory]
    [InlineData(110, 0, 100)]
    [InlineData(110, 10, 60)]
    [InlineData(110, 20, 40)]
    [InlineData(110, -5, 100)]
    public void Mean_ForgetsByHalfLives(int began, int later, double expected)
    {
        var mean = new Ewma(10 * Second).With(100, began * Second).With(20, (began + later) * Second);
        Assert.Equal(expected, mean.Value, 9);
        Assert.Equal((began + later) * Second, mean.At);
    }

    [Fact]
    public void Mean_OfOneValue_IsIt() => Assert.Equal(7, new Ewma(Second).With(7, Second).Value);

    // Half as often is enough, and so are exactly three standard errors.
    [Theory]
    [InlineData(0, 0, 0, 5, false)]
    [InlineData(5, 0, 0, 0, false)]
    [InlineData(5, 0, 0, 5, true)]
    [InlineData(5, 0, 1, 4, false)]
    [InlineData(3000, 1000, 2000, 2000, true)]
    [InlineData(2999, 1001, 2000, 2000, false)]
    public void Neighbour_IsBetter_ByHalfAndBeyondChance(
        long successes, long failures, long ownSuccesses, long ownFailures, bool expected) => Assert.Equal(
        expected,
        NeighbourComparison.IsBetter(new RouteCount(successes, failures), new RouteCount(ownSuccesses, ownFailures)));

    [Fact]
    public void Counts_OfARoute_AreSubtractedEach()
    {
        var count = new RouteCount(50, 30) - new RouteCount(20, 10);
        Assert.Equal(new RouteCount(30, 20), count);
        Assert.Equal((50, 0.4), (count.Requests, count.FailureShare));
        Assert.Equal(0, default(RouteCount).FailureShare);
    }

    // A grace begins with a tick that is later than the bound, and not before the pause after the last one is over.
    [Theory]
    [InlineData(250, 100, 0)]
    [InlineData(251, 100, 102.251)]
    [InlineData(900, 99, 0)]
    public void Guard_DoubtsAfterALateTick(int lateMs, int plannedSecond, double until)
    {
        var before = new LocalHealthGuard(default, 100 * Second);
        var planned = plannedSecond * Second;
        var guard = before.OnTick(planned, planned + TimeSpan.FromMilliseconds(lateMs));
        Assert.Equal(TimeSpan.FromSeconds(until), guard.GraceUntil);
    }

    [Fact]
    public void Guard_WhosePauseIsJustOver_DoubtsAgain()
    {
        var guard = new LocalHealthGuard(default, 100 * Second).OnTick(99 * Second, 100 * Second);
        Assert.Equal(new LocalHealthGuard(102 * Second, 110 * Second), guard);
        Assert.True(guard.Doubts(TimeSpan.FromSeconds(101.9)));
        Assert.False(guard.Doubts(102 * Second));
    }
}
