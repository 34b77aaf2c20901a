using FsCheck;
using FsCheck.Fluent;
using Gateway.Configuration.Model;
using Gateway.Health.Forecast;
using Xunit;

namespace Gateway.Tests.Health.Forecast;

[Trait("kind", "unit")]
public sealed class DestinationForecasterTests
{
    private const int Calm = 900;

    private static readonly ForecastLimits Limits = ForecastLimits.Of(new ClusterConfig { Name = "guide", Tiers = [] });

    /// <summary>A calm quarter of an hour, then a change; where the probability ends, and what is named.</summary>
    [Theory]
    [InlineData("nothing", 0, 0.01, "")]
    [InlineData("probe creeps", 0.5, 1, "probe time has drifted from 3 ms")]
    [InlineData("probe steps", 0.01, 0.35, "probe time has drifted from 3 ms to 42 ms")]
    [InlineData("connect creeps", 0.5, 1, "connect time has drifted from 1 ms")]
    [InlineData("first byte creeps", 0.5, 1, "time to first byte has drifted from 32 ms")]
    [InlineData("first byte creeps everywhere", 0.01, 0.49, "time to first byte has drifted from 32 ms")]
    [InlineData("first byte creeps under load", 0, 0.49, "time to first byte has drifted from 32 ms")]
    [InlineData("requests fail", 0.5, 1, "failures are 4")]
    [InlineData("hedges win", 0.3, 0.6, "requests that a hedge answered elsewhere are 5")]
    [InlineData("memory leaks", 0.5, 1, "memory has risen from")]
    [InlineData("memory saws", 0, 0.01, "")]
    [InlineData("certificate ends", 0.5, 1, "certificate has fallen from")]
    [InlineData("error lines", 0.5, 1, "error lines: 3 per second for")]
    [InlineData("error lines, once", 0, 0.01, "")]
    [InlineData("silence", 0.3, 0.45, "probes are silent (suspicion 9)")]
    [InlineData("probes fail now and then", 0.5, 1, "about 4 probes have failed in 5 min")]
    public void Assessment_OfAChange_IsWithin(string change, double atLeast, double atMost, string reason)
    {
        var forecaster = new DestinationForecaster();
        Assessment said = default;
        for (var second = 1; second <= Calm + 240; second++)
        {
            said = forecaster.Observe(Sample(change, second, Math.Max(0, second - Calm)), Limits, TimeSpan.FromSeconds(second));
        }

        Assert.InRange(said.Probability, atLeast, atMost);
        Assert.Contains(reason, said.Reason, StringComparison.Ordinal);
        Assert.Equal(reason.Length == 0, said.Reason.Length == 0);
    }

    /// <summary>Whatever comes in, what comes out is a probability, and a probable one has a reason.</summary>
    [Fact]
    public void Assessment_OfAnything_IsAProbability()
    {
        var number = Gen.Elements(double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, -1, 0, 1e-9, 0.5, 3, 1e9);
        var sample = from phi in number
                     from milliseconds in Gen.Choose(-5, 100_000)
                     from requests in Gen.Choose(-3, 5000)
                     from failures in Gen.Choose(-3, 6000)
                     from value in number
                     from limit in number
                     from flags in Gen.Choose(0, 15)
                     select new DestinationSample
                     {
                         Phi = phi,
                         Probe = TimeSpan.FromMilliseconds(milliseconds),
                         ProbeFailed = flags % 2 == 1,
                         FirstByte = flags > 7 ? TimeSpan.FromMilliseconds(milliseconds * 2) : null,
                         Requests = requests,
                         Failures = failures,
                         Lates = failures / 2,
                         PeersDrifting = phi,
                         Series =
                         [
                             new SeriesValue("a", value, limit) { Falls = flags > 11 },
                             new SeriesValue("b", value, Kind: SeriesKind.Count),
                         ],
                     };
        Prop.ForAll(Gen.ListOf(sample, 300).ToArbitrary(), samples =>
        {
            var forecaster = new DestinationForecaster();
            var second = 0;
            foreach (var one in samples)
            {
                var said = forecaster.Observe(one, Limits, TimeSpan.FromSeconds(second += 1 + (second % 3)));
                Assert.InRange(said.Probability, 0, Odds.Most);
                Assert.True(said.Probability < 0.1 || said.Reason.Length > 0);
            }
        }).QuickCheckThrowOnFailure();
    }

    private static DestinationSample Sample(string change, int second, int since) => new()
    {
        Probe = TimeSpan.FromMilliseconds((3 + (second % 3 * 0.1)) * ProbeFactor(change, since)),
        ProbeFailed = change is "probes fail now and then" && since > 0 && second % 40 == 0,
        Connect = TimeSpan.FromMilliseconds(change is "connect creeps" ? 1 + (since * 1.4) : 1),
        FirstByte = TimeSpan.FromMilliseconds(
            30 + (second % 5) + (change.StartsWith("first byte", StringComparison.Ordinal) ? since * 0.6 : 0)),
        Requests = change is "first byte creeps under load" && since > 0 ? 80 : 20,
        Failures = change is "requests fail" && since > 0 ? 8 + (second % 2) : 0,
        Lates = change is "hedges win" && since > 0 ? 22 : second % 10 == 0 ? 1 : 0,
        PeersDrifting = change is "first byte creeps everywhere" ? 1 : 0,
        Phi = change is "silence" && since > 0 ? 9 : 0.3,
        Series =
        [
            new SeriesValue("memory", Memory(change, second, since), 1),
            new SeriesValue("error lines", Errors(change, second, since), Kind: SeriesKind.Count),
            new SeriesValue("certificate", change is "certificate ends" ? 1340 - second : 86_400, 0) { Falls = true },
        ],
    };

    private static double ProbeFactor(string change, int since) => change switch
    {
        "probe creeps" => 1 + (since * 0.7),
        "probe steps" when since > 0 => 13.667,
        _ => 1,
    };

    private static double Memory(string change, int second, int since) => change switch
    {
        "memory saws" => 0.4 + (second % 120 * 0.003),
        "memory leaks" => 0.4 + (second % 3 * 0.001) + (since * 0.0016),
        _ => 0.4 + (second % 3 * 0.001),
    };

    private static double Errors(string change, int second, int since) => change switch
    {
        "error lines" when since > 0 => 3,
        "error lines, once" when since is > 0 and < 5 => 10,
        _ => second % 50 == 0 ? 1 : 0,
    };
}
