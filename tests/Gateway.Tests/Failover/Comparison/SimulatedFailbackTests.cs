using System.Globalization;
using Gateway.Failover.Comparison;
using Xunit;

namespace Gateway.Tests.Failover.Comparison;

/// <summary>Seeded failbacks by the hundred: what the comparison promises, in figures.</summary>
[Trait("kind", "unit")]
[Trait("takes", "long")]
public class SimulatedFailbackTests
{
    private const int Runs = 1000;

    private static readonly Func<Random, double> Quick = static random => 20 - (20 * Math.Log(1 - random.NextDouble()));
    private static readonly Func<Random, double> Thinking = static random => -1000 * Math.Log(1 - random.NextDouble());

    /// <summary>A median of 34 ms and one of 693 ms, each with the 100 ms that users feel.</summary>
    private const double QuickSlowAfter = 134;
    private const double ThinkingSlowAfter = 793;

    [Theory]
    [InlineData(300, 0.004)]
    [InlineData(300, 0)]
    [InlineData(50, 0.004)]
    [InlineData(1, 0.004)]
    [InlineData(300, 0.05)]
    public void Clean_OneThousandFailbacks_AtMostOnePercentAreAbortedAndNoneIsSlower(double rate, double failed)
    {
        var runs = RunAll(seed => SimulatedFailback.Run(seed, rate, (failed, Quick), (failed, Quick), QuickSlowAfter));
        Tell(runs);
        Assert.InRange(runs.Count(static run => run.Aborted is not null), 0, Runs / 100);
        Assert.All(runs.Where(static run => run.Aborted is null), static run => Assert.InRange(run.Took.TotalSeconds, 29.9, 30.1));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(30)]
    public void SomewhatSlower_OneThousandFailbacks_AtMostOnePercentAreAborted(double milliseconds)
    {
        var runs = RunAll(
            seed => SimulatedFailback.Run(seed, 300, (0.004, r => Quick(r) + milliseconds), (0.004, Quick), QuickSlowAfter));
        Tell(runs);
        Assert.InRange(runs.Count(static run => run.Aborted is not null), 0, Runs / 100);
    }

    /// <summary>Those that are met by a failure are counted among all of the ramp's time, in which each would have been at risk.</summary>
    [Theory]
    [InlineData(300, 0.004)]
    [InlineData(300, 0)]
    [InlineData(150, 0.004)]
    [InlineData(100, 0)]
    public void FivePercentFail_OneThousandFailbacks_AreAbortedBeforeHalfAPercentOfUsersMetOne(double rate, double standby)
    {
        var runs = RunAll(seed => SimulatedFailback.Run(seed, rate, (0.05, Quick), (standby, Quick), QuickSlowAfter));
        Tell(runs);
        var inTime = runs.Count(static run => run.Aborted is { What: ComparedShare.Failed } && run.Met < run.Users * 0.005);
        Assert.InRange(inTime, Runs * 95 / 100, Runs);
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(20, true)]
    [InlineData(300, false)]
    public void ThreeHundredMillisecondsMore_OneThousandFailbacks_AreAborted(double rate, bool isQuick)
    {
        var (time, slowAfter) = isQuick ? (Quick, QuickSlowAfter) : (Thinking, ThinkingSlowAfter);
        var runs = RunAll(seed => SimulatedFailback.Run(seed, rate, (0.004, r => time(r) + 300), (0.004, time), slowAfter));
        Tell(runs);
        var aborted = runs.Count(static run => run.Aborted is { What: ComparedShare.SlowFirstByte });
        Assert.InRange(aborted, Runs * 99 / 100, Runs);
    }

    private static SimulatedFailback[] RunAll(Func<int, SimulatedFailback> run) =>
        [.. Enumerable.Range(0, Runs).AsParallel().WithDegreeOfParallelism(2).Select(run)];

    private static void Tell(SimulatedFailback[] runs)
    {
        var aborted = runs.Where(static run => run.Aborted is not null).ToArray();
        var met = aborted.Select(static run => run.Met).Order().ToArray();
        var took = aborted.Select(static run => run.Took.TotalSeconds).Order().ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{aborted.Length} aborted; median {At(took, 0.5):0.0} s, p95 {At(took, 0.95):0.0} s; met: median {At(met, 0.5)}, "
                + $"p95 {At(met, 0.95)} of {runs[0].Users}"));
    }

    private static T? At<T>(T[] sorted, double share) => sorted.Length == 0 ? default : sorted[(int)((sorted.Length - 1) * share)];
}
