using Gateway.Drills.Faults;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// One response in twenty is three seconds late: users must not feel it, and the second attempts that hide it stay within
/// the budget. The guides stand behind relays that make every response take as long as a guide's does; against responses
/// of a millisecond even the shortest sensible wait for a second attempt would look like an eternity.
/// </summary>
internal static class TailDrill
{
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SettleIn = TimeSpan.FromSeconds(3);
    private static readonly GuideFault Late = new() { Mode = "slow", Delay = TimeSpan.FromSeconds(3), Share = 0.05, Health = "good" };

    /// <summary>Runs it; returns the exit code.</summary>
    /// <param name="report">Where to tell.</param>
    /// <param name="rate">GET a second.</param>
    /// <param name="warm">Load before.</param>
    /// <param name="usual">How long every response takes without the fault.</param>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm, TimeSpan usual) =>
        report.Conclude("tail", await report.DuringAsync("tail", progress => MeasureAsync(report, rate, warm, usual, progress)));

    private static async Task<Verdict> MeasureAsync(Report report, double rate, TimeSpan warm, TimeSpan usual, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { Relays = true });
        foreach (var relay in bed.Relays)
        {
            relay.ToClient = new(RelayMode.Delay, usual);
        }

        progress("warming up");
        var scenario = new RecommendScenario();
        await Timeline.WarmAsync(bed, rate, warm, scenario);
        progress("undisturbed");
        var quiet = (await RunAsync(bed, scenario, rate, Phase)).Latencies();

        // The first seconds with the fault are part of it: nothing is left out of the disturbed run.
        progress("one in twenty late");
        await Task.WhenAll(bed.Guides.Select(guide => guide.SetFaultAsync(Late)));
        var first = await bed.Gateway.MetricsAsync();
        var ledger = await RunAsync(bed, scenario, rate, Phase + SettleIn);
        var last = await bed.Gateway.MetricsAsync();
        var latencies = ledger.Latencies();
        var extra = TableRow.ExtraOf(first, last);
        report.Line(
            $"undisturbed: p50 {Verdict.Text(quiet.P50)}, p99 {Verdict.Text(quiet.P99)}; disturbed: p50 {Verdict.Text(latencies.P50)}, p99 "
                + $"{Verdict.Text(latencies.P99)}, max {Verdict.Text(latencies.Max)}; {ledger.Summary()}");
        return new Verdict()
            .Exactly("failed", ledger.Failed, 0)
            .Exactly("not live", ledger.Total - ledger.Count(Outcome.Live), 0)
            .Within("p99 of users", latencies.P99, quiet.P99 * Thresholds.P99Factor)
            .ShareAtMost("extra attempts", (double)extra / ledger.Total, Thresholds.ExtraShare)
            .AtLeast("extra attempts at all", extra, 1)
            .Within("lateness of the generator (p99)", ledger.Lateness().P99, Thresholds.GeneratorLateness);
    }

    private static Task<Ledger> RunAsync(TestBed bed, Scenario scenario, double rate, TimeSpan time) =>
        LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(bed.Gateway.Url),
            Rate = RateProfile.Constant(rate, time),
            Scenarios = [scenario]
        });
}
