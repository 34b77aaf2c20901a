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

    // What the gateway needs to find the standby's size out.
    private static readonly TimeSpan Finding = TimeSpan.FromSeconds(20);

    /// <summary>Runs it; returns the exit code.</summary>
    /// <param name="report">Where it is told.</param>
    /// <param name="warm">How long the gateway is warmed up.</param>
    /// <param name="auto">The capacity is not configured: the gateway has to find it out, from guides that work on a limited number
    /// of requests at once.</param>
    public static async Task<int> RunAsync(Report report, TimeSpan warm, bool auto) =>
        report.Conclude(
            auto ? "overload-auto" : "overload",
            await report.DuringAsync("overload", progress => MeasureAsync(report, warm, auto, progress)));

    private static async Task<Verdict> MeasureAsync(Report report, TimeSpan warm, bool auto, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new()
        {
            Config = [("clusters.ai-guide.tiers.1.capacity", auto ? "auto" : Capacity.ToString(CultureInfo.InvariantCulture))],
        });
        Scenario[] levels =
        [
            new RecommendScenario(name: "high"),
            new PageScenario("/guide/about", name: "medium"),
            new PageScenario("/api/guide/trending/shoes", name: "low")
        ];
        progress("warming up");
        await Timeline.WarmAsync(bed, 300, warm, levels);

        // 1. The primaries are gone, each guide takes its time, and the standby has taken over.
        progress("killing the primaries");
        await Task.WhenAll(bed.Guides.Select(guide => guide.SetFaultAsync(new()
        {
            Mode = "slow",
            Delay = Service,
            Workers = auto
            ? Capacity / 2
            : null,
            Health = "good"
        })));
        await Task.WhenAll(bed.Primaries.Select(guide => guide.KillAsync()));
        await RunAsync(bed, levels, 50, SettleIn);

        // 2. RetryWhenMachineBusy: a tenth of what the standby carries.
        progress("undisturbed");
        var full = Capacity * Its / Service.TotalSeconds;
        var quiet = await RunAsync(bed, levels, full / 10, Quiet);

        // 3. Four times its load. The first seconds belong to the load's rise.
        progress("four times its load");
        var rise = auto ? Finding : SettleIn;
        var loud = (await RunAsync(bed, levels, full * Times, Loud + rise)).Between(rise, Loud + rise);
        foreach (var level in levels)
        {
            var part = loud.Of(level.Name);
            report.Line($"{level.Name}: {part.Summary()}; p99 {Verdict.Text(part.Latencies().P99)}");
        }

        var (high, low) = (loud.Of("high"), loud.Of("low"));
        var verdict = new Verdict()
            .Exactly("failed", loud.Failed, 0)
            .Exactly("never sent by the generator", loud.Count(Outcome.Unsent), 0)
            .ShareAtLeast("high answered live", (double)high.Count(Outcome.Live) / high.Total, Thresholds.HighLive)
            .Within("p99 of high", high.Latencies().P99, quiet.Of("high").Latencies().P99 * Thresholds.P99Factor)
            .Within("lateness of the generator (p99)", loud.Lateness().P99, Thresholds.GeneratorLateness);
        return verdict.ShareAtLeast(
            "low answered from its fallback chain",
            (double)(low.Count(Outcome.LastGood) + low.Count(Outcome.File)) / low.Total,
            auto ? 0.5 : 1);
    }

    private static Task<Ledger> RunAsync(TestBed bed, IReadOnlyList<Scenario> levels, double rate, TimeSpan time) =>
        LoadRun.RunAsync(new() { Target = LoadTarget.Parse(bed.Gateway.Url), Rate = RateProfile.Constant(rate, time), Scenarios = levels });
}
