using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>When this process mistrusts its own clocks.</summary>
[Trait("kind", "unit")]
public sealed class LocalHealthGuardTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

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
