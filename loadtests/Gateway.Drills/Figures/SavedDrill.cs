using System.Diagnostics;
using Gateway.Drills.Faults;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// The ledger of saved requests against an ablation: the same load and the same fault once as it is, once without the feature that the
/// gateway says saved its users. What it counts as saved must be what is missing without.
/// </summary>
internal static class SavedDrill
{
    /// <summary>How far both may be apart, as a share of what is missing without the feature.</summary>
    private const double Tolerance = 0.1;

    private const int Streams = 200;
    private const int Tokens = 40;
    private const int IntervalMs = 100;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(15);

    // What every response takes in the hedge's runs: a hundred requests are under way when a destination
    // freezes. The hedges learn it before.
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(300);

    // Later than this a user was hurt by the wait: more than two attempts of the usual length, one after the other, with
    // what a hedge waits between them.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(1000);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    // Faults of single responses must neither eject a destination nor spend the budget: the two runs would differ by more than the feature.
    private static readonly (string Path, string Yaml)[] Steady =
    [
        ("clusters.ai-guide.passive", "{ consecutiveFailures: 1000, minimumRequests: 1000000 }"),
        ("clusters.ai-guide.attempts.hedge", "off"),
        ("clusters.ai-guide.attempts.retryBudget", "100%"),
    ];

    private static readonly Ablation[] Ablations =
    [
        new("retry", new() { Mode = "503", Share = 0.3, Health = "good" }, [], [("clusters.ai-guide.attempts.max", "1")])
        {
            Config = Steady
        },
        new("buffered_response", new() { Mode = "cut", Share = 0.3, Health = "good" }, [], [("clusters.ai-guide.responseBuffer", "0")])
        {
            Config = Steady
        },
        new("hedge", new() { Mode = "slow", Delay = Usual, Health = "good" }, [], [("clusters.ai-guide.attempts.hedge", "off")])
        {
            Config = [("clusters.ai-guide.attempts.retryBudget", "100%")],
            Frozen = ["p1"],
        },
        new("other_tier", Fault: null, ["p1", "p2"], []) { DeadWithout = ["p1", "p2", "s1", "s2"] },
        new("resume", Fault: null, ["p1", "p2"], [("routes.chat.stream.onInterrupt", "error")])
        {
            Config = [("routes.chat.stream.onInterrupt", "resume")],
        },
        new("last_good", Fault: null, ["p1", "p2", "s1", "s2"], [("routes.recommend.fallback", "[builtIn]")]),
        new("file", Fault: null, ["p1", "p2", "s1", "s2"], [("routes.recommend.fallback", "[builtIn]")])
        {
            Config = [("routes.recommend.fallback", "[{ file: recommend.json }]")],
        },
    ];

    /// <summary>The names of the features.</summary>
    public static string[] Features => [.. Ablations.Select(ablation => ablation.By)];

    /// <summary>Runs all of them; returns the exit code.</summary>
    /// <param name="report">Where to tell.</param>
    /// <param name="rate">GET a second.</param>
    /// <param name="warm">Load before.</param>
    /// <param name="only">The one feature to look at; null: all.</param>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm, string? only)
    {
        var (verdict, rows) = (new Verdict(), new List<IReadOnlyList<string>>());
        foreach (var ablation in Ablations.Where(ablation => only is null || string.Equals(only, ablation.By, StringComparison.Ordinal)))
        {
            var with = await report.DuringAsync(
                $"saved, {ablation.By}",
                progress => MeasureAsync(ablation, without: false, rate, warm, progress));
            var bare = await report.DuringAsync(
                $"saved, without {ablation.By}",
                progress => MeasureAsync(ablation, without: true, rate, warm, progress));
            var missing = bare.Hurt - with.Hurt;
            verdict.AtLeast($"{ablation.By}: users hurt without it", missing, 1)
                .ShareAtMost(
                    $"{ablation.By}: counted as saved, apart from those by",
                    Math.Abs(with.Saved - missing) / Math.Max(1, missing),
                    Tolerance);
            rows.Add([ablation.By, $"{with.Requests:0}", $"{with.Hurt:0}", $"{bare.Hurt:0}", $"{missing:0}", $"{with.Saved:0}"]);
        }

        report.Table(["saved by", "requests", "hurt", "hurt without", "difference", "counted as saved"], rows);
        return report.Conclude("saved", verdict);
    }

    private static async Task<Measured> MeasureAsync(Ablation ablation, bool without, double rate, TimeSpan warm, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { Config = [.. ablation.Config, .. without ? ablation.Without : []] });
        return ablation.By is "resume"
            ? await StreamsAsync(ablation, bed, warm, progress)
            : await RequestsAsync(ablation, without, bed, rate, warm, progress);
    }

    private static async Task<Measured> RequestsAsync(
        Ablation ablation,
        bool without,
        TestBed bed,
        double rate,
        TimeSpan warm,
        Action<string> progress)
    {
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
        var load = LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(bed.Gateway.Url),
            Rate = RateProfile.Constant(rate, Phase),
            Scenarios = [scenario]
        });
        if (ablation.Frozen.Count > 0)
        {
            await Task.Delay(Phase / 3, TimeProvider.System);
            await new FreezeFault([.. ablation.Frozen]).BreakAsync(bed);
        }

        var ledger = await load;
        var last = await bed.Gateway.MetricsAsync();

        // A last-good response or a file is what its own step saves; for every other feature it is what users get because the feature is
        // missing. What a hedge saves is time.
        var late = ablation.By is "hedge" ? ledger.Where(entry => entry.Outcome == Outcome.Live && entry.Latency > Late).Total : 0;
        var hurt = ledger.Failed
            + ledger.Degraded
            + late - (ablation.By is "last_good" ? ledger.Count(Outcome.LastGood) : ablation.By is "file" ? ledger.Count(Outcome.File) : 0);
        return new(ledger.Total, hurt, Saved(last, ablation) - Saved(first, ablation));
    }

    private static async Task<Measured> StreamsAsync(Ablation ablation, TestBed bed, TimeSpan warm, Action<string> progress)
    {
        progress("warming up");
        await Timeline.WarmAsync(bed, 50, warm, new ChatScenario(tokens: 5, intervalMs: 20), new RecommendScenario());
        progress("opening");
        var first = await bed.Gateway.MetricsAsync();
        using var stop = new CancellationTokenSource();
        var target = LoadTarget.Parse(bed.Gateway.Url);
        var clients = Enumerable.Range(0, Streams).Select(n => new StreamClient(target, Tokens, IntervalMs, $"c{n}")).ToList();
        var running = clients.Select(client => client.RunAsync(stop.Token)).ToList();
        await Task.WhenAll(clients.Select(client => client.FirstEvent)).WaitAsync(Patience);
        progress("with the fault");
        await new KillFault([.. ablation.Dead]).BreakAsync(bed);
        stop.CancelAfter(Patience);
        var streams = await Task.WhenAll(running);

        // A client sees the end of its stream a moment before the gateway counts it.
        var last = await bed.Gateway.MetricsAsync();
        for (var began = Stopwatch.GetTimestamp(); last.Sum("gateway_streams_open") > 0
            && Stopwatch.GetElapsedTime(began) < Settled; last = await bed.Gateway.MetricsAsync())
        {
            await Task.Delay(Pause, TimeProvider.System);
        }

        var whole = streams.Count(stream => stream is { End: StreamEnd.Done, AreIdsWhole: true } && stream.Ids.Count == Tokens);
        return new(Streams, Streams - whole, Saved(last, ablation) - Saved(first, ablation));
    }

    private static double Saved(Metrics metrics, Ablation ablation) => metrics.Sum("gateway_saved_total", ("by", ablation.By));

    /// <summary>A feature, the fault that it saves users from, and what takes it out.</summary>
    /// <param name="By">Its name in <c>gateway_saved_total</c>.</param>
    /// <param name="Fault">What every guide does wrong; null: nothing.</param>
    /// <param name="Dead">Guides that are killed.</param>
    /// <param name="Without">The configuration without it.</param>
    private sealed record Ablation(
        string By,
        GuideFault? Fault,
        IReadOnlyList<string> Dead,
        IReadOnlyList<(string Path, string Yaml)> Without)
    {
        /// <summary>The configuration of both runs.</summary>
        public IReadOnlyList<(string Path, string Yaml)> Config { get; init; } = [];

        /// <summary>Guides that are stopped (SIGSTOP) in both runs: under the load: they accept connections and never response.</summary>
        public IReadOnlyList<string> Frozen { get; init; } = [];

        /// <summary>Guides that are killed in the run without it; empty: the same.</summary>
        public IReadOnlyList<string> DeadWithout { get; init; } = [];
    }

    private readonly record struct Measured(double Requests, double Hurt, double Saved);
}
