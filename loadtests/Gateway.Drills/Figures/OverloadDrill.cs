using System.Globalization;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// A standby that is smaller than the primary, under four times its load, the levels mixed 1:1:1. "Its load" is what it
/// carries before it sheds anything: 70 % of its capacity, the lowest level's <c>shedAt</c>. Four times that, a third
/// of it high, is 93 % of the capacity: high fits, if the others really make room.
/// </summary>
internal static class OverloadDrill
{
    private const int Capacity = 50;
    private const double Its = 0.70;
    private const double Times = 4;
    private static readonly TimeSpan Service = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Loud = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SettleIn = TimeSpan.FromSeconds(3);

    /// <summary>Runs it; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, TimeSpan warm) =>
        report.Conclude("overload", await report.DuringAsync("overload", progress => MeasureAsync(report, warm, progress)));

    private static async Task<Verdict> MeasureAsync(Report report, TimeSpan warm, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new()
        {
            Config = [("clusters.ai-guide.tiers.1.capacity", Capacity.ToString(CultureInfo.InvariantCulture))],
        });
        Scenario[] levels = [new RecommendScenario(name: "high"), new PageScenario("/guide/about", name: "medium"), new PageScenario("/api/guide/trending/shoes", name: "low")];
        progress("warming up");
        await Timeline.WarmAsync(bed, 300, warm, levels);

        // 1. The primaries are gone, each guide takes its time, and the standby has taken over.
        progress("killing the primaries");
        await Task.WhenAll(bed.Guides.Select(guide => guide.SetFaultAsync(new() { Mode = "slow", Delay = Service, Health = "good" })));
        await Task.WhenAll(bed.Primaries.Select(guide => guide.KillAsync()));
        await RunAsync(bed, levels, 50, SettleIn);

        // 2. RetryWhenMachineBusy: a tenth of what the standby carries.
        progress("undisturbed");
        var full = Capacity * Its / Service.TotalSeconds;
        var quiet = await RunAsync(bed, levels, full / 10, Quiet);

        // 3. Four times its load. The first seconds belong to the load's rise.
        progress("four times its load");
        var loud = (await RunAsync(bed, levels, full * Times, Loud + SettleIn)).Between(SettleIn, Loud + SettleIn);
        foreach (var level in levels)
        {
            var part = loud.Of(level.Name);
            report.Line($"{level.Name}: {part.Summary()}; p99 {Verdict.Text(part.Latencies().P99)}");
        }

        var (high, low) = (loud.Of("high"), loud.Of("low"));
        return new Verdict()
            .Exactly("failed", loud.Failed, 0)
            .Exactly("never sent by the generator", loud.Count(Outcome.Unsent), 0)
            .ShareAtLeast("high answered live", (double)high.Count(Outcome.Live) / high.Total, Thresholds.HighLive)
            .ShareAtLeast("low answered from its ladder", (double)(low.Count(Outcome.LastGood) + low.Count(Outcome.File)) / low.Total, 1)
            .Within("p99 of high", high.Latencies().P99, quiet.Of("high").Latencies().P99 * Thresholds.P99Factor)
            .Within("lateness of the generator (p99)", loud.Lateness().P99, Thresholds.GeneratorLateness);
    }

    private static Task<Ledger> RunAsync(TestBed bed, IReadOnlyList<Scenario> levels, double rate, TimeSpan time) =>
        LoadRun.RunAsync(new() { Target = LoadTarget.Parse(bed.Gateway.Url), Rate = RateProfile.Constant(rate, time), Scenarios = levels });
}
