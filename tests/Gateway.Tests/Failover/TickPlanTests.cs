using Gateway.Failover;
using Xunit;

namespace Gateway.Tests.Failover;

[Trait("kind", "unit")]
public sealed class TickPlanTests
{
    [Theory]
    [InlineData(1000, 0, 1050, "something changes by time: as soon as a tick may be")]
    [InlineData(1000, 1020, 1050, "due before that")]
    [InlineData(1000, 1130, 1130, "due in a rest: then")]
    [InlineData(1000, 1250, 1250, "at its end")]
    [InlineData(1000, 9000, 1250, "nothing is due: the end of the rest")]
    [InlineData(1010, 9000, 1250, "which is a round number")]
    [InlineData(1240, 9000, 1290, "and not too close: a rest is no shorter than a tick")]
    [InlineData(1249, 1260, 1299, "")]
    public void Next_ByWhatIsDue(int ticked, int due, int expected, string why) =>
        Assert.True(TickPlan.Next(Ms(ticked), Ms(due)) == Ms(expected), $"{TickPlan.Next(Ms(ticked), Ms(due))}: {why}");

    [Theory]
    [InlineData(100, 100, 0)]
    [InlineData(100, 130, 0)]
    [InlineData(100, 99.9, 1)]
    [InlineData(100, 50, 51)]
    [InlineData(100, 50.5, 50)]
    public void Wait_IsWholeMillisecondsAndNeverTooShort(double next, double now, double expected) =>
        Assert.Equal(Ms(expected), TickPlan.Wait(Ms(next), Ms(now)));

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
