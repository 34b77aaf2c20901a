using Gateway.Configuration;
using Gateway.Configuration.Model;
using Xunit;

namespace Gateway.Tests.Configuration;

[Trait("kind", "unit")]
public sealed class DetectionTimeTests
{
    [Theory]
    // interval, fast, timeout, fall -> killed typical, worst; frozen typical, worst
    [InlineData(1000, 250, 800, 2, 750, 1350, 2100, 2700)]
    [InlineData(1000, 250, 800, 1, 500, 1100, 1300, 1900)]
    [InlineData(1000, 500, 200, 3, 1500, 2100, 1700, 2300)]
    [InlineData(5000, 1250, 800, 2, 3750, 6750, 4550, 7550)]
    [InlineData(100, 100, 50, 4, 350, 410, 400, 460)]
    public void Of_Settings_IsTheSumOfItsParts(
        int interval,
        int fast,
        int timeout,
        int fall,
        int killed,
        int killedWorst,
        int frozen,
        int frozenWorst)
    {
        var time = DetectionTime.Of(new ProbeConfig
        {
            Interval = Ms(interval),
            FastInterval = Ms(fast),
            Timeout = Ms(timeout),
            Fall = fall
        });
        Assert.Equal(new DetectionTime(Ms(killed), Ms(killedWorst), Ms(frozen), Ms(frozenWorst)), time);
    }

    [Fact]
    public void Of_Defaults_IsWithinThreeSeconds() =>
        Assert.True(DetectionTime.Of(new ProbeConfig()).FrozenWorst <= TimeSpan.FromSeconds(3));

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
