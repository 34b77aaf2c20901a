using Gateway.Configuration.Model;
using Gateway.Health.Probing;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>When the next probe starts, in milliseconds after the start of the last one: intervals of 2,000 and 500.</summary>
[Trait("kind", "unit")]
public sealed class ProbeScheduleTests
{
    private static readonly ProbeConfig Probe = new() { Interval = Ms(2000), FastInterval = Ms(500) };

    [Theory]
    [InlineData(100, false, 0, 2000)]
    [InlineData(100, false, 1, 2200)]
    [InlineData(100, false, -1, 1800)]
    [InlineData(100, false, 0.5, 2100)]
    [InlineData(100, false, 7, 2200)]
    [InlineData(100, false, -7, 1800)]
    [InlineData(100, true, 0, 500)]
    [InlineData(100, true, -1, 450)]
    [InlineData(2500, false, 0, 2500)]
    [InlineData(700, true, 0, 700)]
    public void Next_IsAnIntervalLater_AndNeverBeforeTheLastOneEnded(int ended, bool fast, double jitter, int expected) =>
        Assert.Equal(Ms(1000 + expected), ProbeSchedule.Next(Ms(1000), Ms(1000 + ended), fast, Probe, jitter));

    [Theory]
    [InlineData(100, 0, 200)]
    [InlineData(100, 0.5, 1100)]
    [InlineData(100, 1, 2000)]
    [InlineData(100, -3, 200)]
    [InlineData(100, 3, 2000)]
    [InlineData(300, 0, 300)]
    [InlineData(1500, 0.5, 1500)]
    public void Second_IsAnywhereInTheInterval_AndNeverBeforeTheFirstOneEnded(int ended, double draw, int expected) =>
        Assert.Equal(Ms(1000 + expected), ProbeSchedule.Second(Ms(1000), Ms(1000 + ended), Probe, draw));

    private static TimeSpan Ms(int count) => TimeSpan.FromMilliseconds(count);
}
