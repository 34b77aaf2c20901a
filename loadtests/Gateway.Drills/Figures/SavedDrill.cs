using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// The ledger of saved requests against an ablation: the same load and the same fault once as it is, once without the feature that the gateway says saved its users. What it counts as saved must be what
/// is missing without.
/// </summary>
internal static class SavedDrill
{
    /// <summary>How far both may be apart, as a share of what is missing without the feature.</summary>
    private const double Tolerance = 0.1;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(15);

    // Faults of single responses must neither eject a destination nor spend the budget: the two runs would differ by more than the feature.
    private static readonly (string Path, string Yaml)[] Steady =
    [
        ("clusters.ai-guide.passive", "{ consecutiveFailures: 1000, minimumRequests: 1000000 }"),
        ("clusters.ai-guide.attempts.hedge", "off"),
        ("clusters.ai-guide.attempts.retryBudget", "100%"),
    ];

    private static readonly Ablation[] Ablations =
    [
        new("retry", new() { Mode = "503", Share = 0.3, Health = "good" }, [], [("clusters.ai-guide.attempts.max", "1")]) { Config = Steady },
        new("buffered_response", new() { Mode = "cut", Share = 0.3, Health = "good" }, [], [("clusters.ai-guide.responseBuffer", "0")]) { Config = Steady },
        new("other_tier", Fault: null, ["p1", "p2"], []) { DeadWithout = ["p1", "p2", "s1", "s2"] },
        new("last_good", Fault: null, ["p1", "p2", "s1", "s2"], [("routes.recommend.fallback", "[builtIn]")]),
    ];

    /// <summary>Runs all of them; returns the exit code.</summary>
    /// <param name="report">Where to tell.</param>
    /// <param name="rate">GET a second.</param>
    /// <param name="warm">Load before.</param>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm)
    {
        var (verdict, rows) = (new Verdict(), new List<IReadOnlyList<string>>());
        foreach (var ablation in Ablations)
        {
            var with = await report.DuringAsync($"saved, {ablation.By}", progress => MeasureAsync(ablation, without: false, rate, warm, progress));
            var bare = await report.DuringAsync($"saved, without {ablation.By}", progress => MeasureAsync(ablation, without: true, rate, warm, progress));
            var missing = bare.Hurt - with.Hurt;
            verdict.AtLeast($"{ablation.By}: users hurt without it", missing, 1)
                .ShareAtMost($"{ablation.By}: counted as saved, apart from those by", Math.Abs(with.Saved - missing) / Math.Max(1, missing), Tolerance);
            rows.Add([ablation.By, $"{with.Requests:0}", $"{with.Hurt:0}", $"{bare.Hurt:0}", $"{missing:0}", $"{with.Saved:0}"]);
        }

        report.Table(["saved by", "requests", "hurt", "hurt without", "difference", "counted as saved"], rows);
        return report.Conclude("saved", verdict);
    }

    private static async Task<Measured> MeasureAsync(Ablation ablation, bool without, double rate, TimeSpan warm, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { Config = [.. ablation.Config, .. without ? ablation.Without : []] });
        var scenario = new RecommendScenario();
        progress("warming up");
        await Timeline.WarmAsync(bed, rate, warm, scenario);
        if (ablation.Fault is { } fault)
        {
            await Task.WhenAll(bed.Guides.Select(guide => guide.SetFaultAsync(fault)));
        }

        foreach (var name in without && ablation.DeadWithout.Count > 0 ? ablation.DeadWithout : ablation.Dead)
        {
            await bed.Guide(name).KillAsync();
        }

        progress("with the fault");
        var first = await bed.Gateway.MetricsAsync();
        var ledger = await LoadRun.RunAsync(new() { Target = LoadTarget.Parse(bed.Gateway.Url), Rate = RateProfile.Constant(rate, Phase), Scenarios = [scenario] });
        var last = await bed.Gateway.MetricsAsync();

        // A last-good response is what the last step saves; for every other feature it is what users get because the feature is missing.
        var hurt = ledger.Failed + ledger.Degraded - (ablation.By is "last_good" ? ledger.Count(Outcome.LastGood) : 0);
        return new(ledger.Total, hurt, SavedOf(last) - SavedOf(first));

        double SavedOf(Metrics metrics) => metrics.Sum("gateway_saved_total", ("by", ablation.By));
    }

    /// <summary>A feature, the fault that it saves users from, and what takes it out.</summary>
    /// <param name="By">Its name in <c>gateway_saved_total</c>.</param>
    /// <param name="Fault">What every guide does wrong; null: nothing.</param>
    /// <param name="Dead">Guides that are killed.</param>
    /// <param name="Without">The configuration without it.</param>
    private sealed record Ablation(string By, GuideFault? Fault, IReadOnlyList<string> Dead, IReadOnlyList<(string Path, string Yaml)> Without)
    {
        /// <summary>The configuration of both runs.</summary>
        public IReadOnlyList<(string Path, string Yaml)> Config { get; init; } = [];

        /// <summary>Guides that are killed in the run without it; empty: the same.</summary>
        public IReadOnlyList<string> DeadWithout { get; init; } = [];
    }

    private readonly record struct Measured(double Requests, double Hurt, double Saved);
}
