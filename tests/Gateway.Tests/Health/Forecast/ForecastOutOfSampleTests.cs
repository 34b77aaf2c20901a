using System.Globalization;
using Gateway.Health.Forecast;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Health.Forecast;

/// <summary>
/// The figures of docs/forecast.md, of seeds with which no threshold was set: eng/forecast-figures. Explicit, since they are for the page.
/// </summary>
[Trait("kind", "unit")]
public sealed class ForecastOutOfSampleTests(ITestOutputHelper output)
{
    private static readonly int FirstSeed = Setting("FORECAST_FIRST_SEED", 50_001);
    private static readonly int Seeds = Setting("FORECAST_SEEDS", 200);
    private static readonly int Weeks = Setting("FORECAST_WEEKS", 20);

    [Theory(Explicit = true)]
    [InlineData(Fault.Leak)]
    [InlineData(Fault.CreepingLatency)]
    [InlineData(Fault.FillingQueue)]
    [InlineData(Fault.ErrorLines)]
    public void Fault_OfOtherSeeds_IsForecastAMinuteAhead(Fault fault)
    {
        var inTime = Run(fault, jerks: false);

        Assert.True(inTime >= Seeds * 0.9, $"{inTime} of {Seeds}");
    }

    /// <summary>What a model of steady growth comes to where growth is not steady: told, and held to be no worse than it is.</summary>
    [Theory(Explicit = true)]
    [InlineData(Fault.Leak, 0.4)]
    [InlineData(Fault.CreepingLatency, 0.4)]
    [InlineData(Fault.FillingQueue, 0.4)]
    [InlineData(Fault.ErrorLines, 0.4)]
    public void Fault_ThatGrowsInJerks_IsForecastLessOften(Fault fault, double share)
    {
        var inTime = Run(fault, jerks: true);

        Assert.True(inTime >= Seeds * share, $"{inTime} of {Seeds}");
    }

    [Fact(Explicit = true)]
    public void Kill_OfOtherSeeds_GetsNoCredit()
    {
        var runs = Enumerable.Range(FirstSeed, Seeds).Select(static seed => ForecastSimulation.Run(Fault.Kill, seed));
        var score = ScoreTally.Of(runs.SelectMany(static r => r.Records));
        output.WriteLine($"Kill: {score.Hits} hits, {score.FalseAlarms} false alarms, {score.TooLate} too late, {score.Missed} missed");

        Assert.Equal(0, score.Hits);
    }

    [Fact(Explicit = true)]
    public void Weeks_OfOtherSeeds_HaveAtMostOneFalseAlarmEach()
    {
        var records = new List<ForecastRecord>();
        var falseAlarms = new List<int>();
        for (var seed = FirstSeed; seed < FirstSeed + Weeks; seed++)
        {
            var run = ForecastSimulation.Week(seed, drains: seed % 2 == 0);
            records.AddRange(run.Records);
            falseAlarms.Add(run.FalseAlarms);
            foreach (var (second, said) in run.Alarms)
            {
                var hour = second / 3600.0 % 24;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"week {seed}, day {second / 86400}, {hour:0.00} h: {said}"));
            }
        }

        var score = ScoreTally.Of(records);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Weeks: {falseAlarms.Sum()} false alarms in {Weeks} weeks, most")
            + string.Create(CultureInfo.InvariantCulture, $" {falseAlarms.Max()} in one; Brier {score.Brier:0.0000}; {score.Hits} hits, ")
            + string.Create(CultureInfo.InvariantCulture, $"{score.TooLate} late, {score.Missed} missed"));

        Assert.All(falseAlarms, static count => Assert.InRange(count, 0, 1));
    }

    // How many were found a minute before they failed.
    private int Run(Fault fault, bool jerks)
    {
        SimulatedRun[] runs = [.. Enumerable.Range(FirstSeed, Seeds).Select(seed => ForecastSimulation.Run(fault, seed, jerks))];
        var inTime = runs.Count(static r => r.Lead >= 60);
        var beforeSlow = runs.Count(static r => r.Lead >= 60 && (r.SlowAt is null || r.LeadBeforeSlow >= 0));
        var falseAlarms = runs.Sum(static r => r.FalseAlarms);
        var median = runs.Select(static r => r.Lead ?? 0).Order().ElementAt(Seeds / 2);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{fault}{(jerks ? " in jerks" : "")}: {inTime} of {Seeds} a minute ahead, {beforeSlow} of them before responses are slow,"
            + $" median lead {median} s, {falseAlarms} false alarms"));
        foreach (var (run, index) in runs.Select(static (r, i) => (r, i)).Where(static r => !(r.r.Lead >= 60) || r.r.FalseAlarms > 0))
        {
            var alarms = string.Join(", ", run.Alarms.Select(static a => $"{a.Second} {a.Said}"));
            output.WriteLine($"seed {FirstSeed + index}: lead {run.Lead}, failed at {run.NoticedAt}, alarms {alarms}");
        }

        return inTime;
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : otherwise;
}
