using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Failover.Comparison;

[Trait("kind", "unit")]
public class UsualTimesTests
{
    /// <summary>A tier slower by nature is held to its own time, one that was as fast as the other to what is seen now.</summary>
    [Theory]
    [InlineData(60, 60, 160)]
    [InlineData(90, 60, 160)]
    [InlineData(800, 60, 900)]
    [InlineData(20, 800, 900)]
    [InlineData(0, 60, 160)]
    public void SlowAfter_ByWhatIsUsual(int usual, int now, int expected)
    {
        var times = new UsualTimes();
        times.Learn("standby", Of(5000), TimeSpan.Zero);
        if (usual > 0)
        {
            times.Learn("primary", Of(usual), TimeSpan.Zero);
        }

        Assert.InRange(times.SlowAfter("primary", Of(now))!.Value.TotalMilliseconds, expected * 0.88, expected * 1.12);
    }

    [Fact]
    public void SlowAfter_LittleIsKnown_IsUnknown()
    {
        var times = new UsualTimes();
        times.Learn("primary", Of(800), TimeSpan.Zero);
        Assert.Null(times.SlowAfter("primary", Of(60, count: 49)));
    }

    /// <summary>Ten seconds in which it fails slowly are not what is usual for it.</summary>
    [Fact]
    public void SlowAfter_TheLastSecondsWereSlow_KeepsToWhatWasBefore()
    {
        var times = new UsualTimes();
        for (var second = 0; second < 300; second++)
        {
            times.Learn("primary", Of(second < 290 ? 200 : 4000), TimeSpan.FromSeconds(second));
        }

        Assert.InRange(times.SlowAfter("primary", Of(60))!.Value.TotalMilliseconds, 300, 620);
    }

    [Fact]
    public void Vote_AfterAnAbort_SpeaksAgainstTheTierForAWhile()
    {
        var config = new ClusterConfig
        {
            Name = "guide",
            Tiers = [new TierConfig { Name = "primary", Destinations = [] }, new TierConfig { Name = "standby", Destinations = [] }],
        };
        var cluster = new ClusterRuntime(config, static _ => [], TimeProvider.System, TimeSpan.Zero)
        {
            Aborted = ("primary", TimeSpan.FromSeconds(10)),
        };

        Assert.Equal([true, false], DownAt(12));
        Assert.Equal([false, false], DownAt(16));

        bool[] DownAt(double second) => [.. ClusterVotes.VoteOn(cluster, TimeSpan.FromSeconds(second)).Tiers.Select(static t => t.Down)];
    }

    private static LatencyHistogram Of(int milliseconds, int count = 100)
    {
        var latency = new LatencyHistogram();
        for (var i = 0; i < count; i++)
        {
            latency.Record(TimeSpan.FromMilliseconds(milliseconds));
        }

        return latency;
    }
}
