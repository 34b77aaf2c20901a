using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// A gateway that was just started serves as one that is warm: its first response, its first seconds and what they cost are held against
/// the same load on the same process later, so that a slow machine is slow in both.
/// </summary>
internal static class ColdStartDrill
{
    /// <summary>What the first seconds are.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(6);

    /// <summary>How long the warm process is measured.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(10);

    /// <summary>Runs it; returns the exit code.</summary>
    /// <param name="report">Where to tell.</param>
    /// <param name="rate">GET a second.</param>
    /// <param name="warm">Load between the first seconds and the warm ones.</param>
    /// <param name="inAnOutage">The primaries are dead when the gateway starts.</param>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm, bool inAnOutage)
    {
        var name = inAnOutage ? "cold-start-in-an-outage" : "cold-start";
        return report.Conclude(name, await report.DuringAsync(name, progress => MeasureAsync(report, rate, warm, inAnOutage, progress)));
    }

    private static async Task<Verdict> MeasureAsync(Report report, double rate, TimeSpan warm, bool inAnOutage, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { StartGateway = false, Published = true });
        if (inAnOutage)
        {
            await Task.WhenAll(bed.Primaries.Select(static guide => guide.KillAsync()));
        }

        // 1. The generator's own code is compiled first, against a guide.
        var scenario = new RecommendScenario();
        await LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(bed.Standbys[0].Url),
            Rate = RateProfile.Constant(rate, TimeSpan.FromSeconds(2)),
            Scenarios = [scenario]
        });

        // 2. From the start: the first request by itself, then the load.
        progress("cold");
        await bed.Gateway.StartAsync();
        var alone = (await LoadAsync(bed, scenario, 1, TimeSpan.FromSeconds(1))).Latencies().Max;
        var (cold, coldCpu) = await CostOfAsync(bed, scenario, rate, First);

        // 3. Long enough that what runs often is compiled again.
        progress("warming up");
        await LoadAsync(bed, scenario, rate * Thresholds.WarmUpFactor, warm);
        progress("warm");
        var (later, warmCpu) = await CostOfAsync(bed, scenario, rate, Later);

        var (before, after) = (cold.Latencies(), later.Latencies());
        report.Line(Repository.PublishedGateway is null
            ? "compiled at run time: ./gateway has not compiled one ahead of time"
            : "compiled ahead of time");
        report.Line(
            $"cold: first response {Verdict.Text(alone)}, p99 {Verdict.Text(before.P99)}, max {Verdict.Text(before.Max)}, {coldCpu:0} us "
                + $"of CPU a request; warm: p99 {Verdict.Text(after.P99)}, max {Verdict.Text(after.Max)}, {warmCpu:0} us");
        return new Verdict()
            .Exactly("failed", cold.Failed + later.Failed, 0)
            .Exactly("not live", cold.Total - cold.Count(Outcome.Live), 0)
            .Within("first response", alone, Longer(Thresholds.ColdFirst, after.Max * Thresholds.ColdFirstFactor))
            .Within("p99 of the first seconds", before.P99, Longer(Thresholds.ColdP99, after.P99 * Thresholds.ColdFactor))
            .Within("longest response of the first seconds", before.Max, Longer(Thresholds.ColdMax, after.Max * Thresholds.ColdFactor))
            .AtMost("CPU of a request in the first seconds, as a multiple of a warm one's", coldCpu / warmCpu, Thresholds.ColdCpuFactor)
            .Within("lateness of the generator (p99)", cold.Lateness().P99, Thresholds.GeneratorLateness);
    }

    private static TimeSpan Longer(TimeSpan goal, TimeSpan onThisMachine) => goal > onThisMachine ? goal : onThisMachine;

    private static async Task<(Ledger Ledger, double Microseconds)> CostOfAsync(TestBed bed, Scenario scenario, double rate, TimeSpan time)
    {
        var before = bed.Gateway.Figures.Cpu;
        var ledger = await LoadAsync(bed, scenario, rate, time);
        return (ledger, (bed.Gateway.Figures.Cpu - before).TotalMicroseconds / ledger.Total);
    }

    private static Task<Ledger> LoadAsync(TestBed bed, Scenario scenario, double rate, TimeSpan time) =>
        LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(bed.Gateway.Url),
            Rate = RateProfile.Constant(rate, time),
            Scenarios = [scenario]
        });
}
