using Gateway.Configuration.Model;
using Gateway.Health.Probing;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Probes of many gateways, started at the same moment: the worst case for those who are probed.</summary>
[Trait("kind", "unit")]
public sealed class ProbeSpreadTests
{
    private const int Destinations = 400;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(2, 1000)]
    [InlineData(3, 1000)]
    [InlineData(4, 1000)]
    [InlineData(5, 1000)]
    [InlineData(6, 1000)]
    [InlineData(7, 1000)]
    [InlineData(8, 1000)]
    [InlineData(3, 500)]
    [InlineData(8, 5000)]
    public void Probes_OfGatewaysThatStartedTogether_BusiestWindowIsAtMostTwiceTheMean(int gateways, int interval)
    {
        var (busiest, mean) = Simulate(gateways, TimeSpan.FromMilliseconds(interval), spread: true);
        Assert.True(busiest <= 2 * mean, $"{busiest} probes in the busiest 100 ms, {mean:0.0} in the mean.");
    }

    [Fact]
    public void Probes_WithoutTheSpread_WouldComeInStep()
    {
        var (busiest, mean) = Simulate(3, TimeSpan.FromSeconds(1), spread: false);
        Assert.True(
            busiest > 4 * mean,
            $"{busiest} probes in the busiest 100 ms, {mean:0.0} in the mean: the test above would prove nothing.");
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(0.5, 550)]
    [InlineData(1, 1000)]
    public void Second_DrawnFromZeroToOne_IsSpreadOverTheIntervalAndNeverLater(double draw, int expected)
    {
        var probe = new ProbeConfig();
        Assert.Equal(expected, ProbeSchedule.Second(TimeSpan.Zero, TimeSpan.FromMilliseconds(20), probe, draw).TotalMilliseconds);
        Assert.Equal(TimeSpan.FromMilliseconds(700), ProbeSchedule.Second(TimeSpan.Zero, TimeSpan.FromMilliseconds(700), probe, 0));
    }

    // The first probes, which a start needs at once, are left out: there is nothing to spread.
    private static (int Busiest, double Mean) Simulate(int gateways, TimeSpan interval, bool spread)
    {
        var random = new Random(gateways);
        var probe = new ProbeConfig { Interval = interval };
        var windows = new int[(int)(Lasting / Window)];
        for (var each = 0; each < gateways * Destinations; each++)
        {
            var took = TimeSpan.FromMilliseconds(1 + (4 * random.NextDouble()));
            var at = spread ? ProbeSchedule.Second(TimeSpan.Zero, took, probe, random.NextDouble()) : interval;
            while (at < Lasting)
            {
                windows[(int)(at / Window)]++;
                at = ProbeSchedule.Next(at, at + took, fast: false, probe, (random.NextDouble() * 2) - 1);
            }
        }

        var counted = windows.AsSpan((int)(interval / Window) / 10 + 1).ToArray();
        return (counted.Max(), gateways * Destinations * (Window / interval));
    }
}
