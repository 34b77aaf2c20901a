using Gateway.Hosting;
using Xunit;

namespace Gateway.Tests.Hosting;

[Trait("kind", "unit")]
public sealed class CoalescedTimeTests
{
    [Theory]
    [InlineData(10_000, 1000, 1000, 1000, "on the second already")]
    [InlineData(10_300, 1000, 1000, 1700, "at the next full second that is a period away")]
    [InlineData(10_300, 500, 500, 700, "two timers of different periods meet")]
    [InlineData(10_999, 1000, 1000, 1001, "")]
    [InlineData(10_300, 100, 1000, 700, "a first time of its own")]
    public void FirstDue_IsAMultipleOfThePeriod(int now, int due, int period, int expected, string why) =>
        Assert.True(
            CoalescedTime.FirstDue(
                now,
                1000,
                TimeSpan.FromMilliseconds(due),
                TimeSpan.FromMilliseconds(period)) == TimeSpan.FromMilliseconds(expected),
            $"{CoalescedTime.FirstDue(now, 1000, TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period))}: {why}");

    [Fact]
    public async Task Timer_WithoutAPeriod_FiresWhenItIsSetTo()
    {
        var fired = new TaskCompletionSource();
        await using var timer = new CoalescedTime().CreateTimer(
            _ => fired.TrySetResult(),
            null,
            TimeSpan.FromMilliseconds(1),
            Timeout.InfiniteTimeSpan);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
