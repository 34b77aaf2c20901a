using System.Diagnostics;
using System.Globalization;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>Reload after reload under load, some of them broken: no request fails, no stream ends.</summary>
internal static class ReloadsDrill
{
    private const double Streams = 20;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    // Each in its own way no configuration: not YAML, nothing at all, half-written, an unknown key, an impossible value.
    private static readonly string[] Broken =
    [
        "version: 1\nlisten: [ {",
        string.Empty,
        "version: 1\nlisten:\n  - url: http://127",
        "version: 1\nlistne: []\n",
        "version: 1\nlisten: [ { url: \"http://127.0.0.1:99999\" } ]\n",
    ];

    /// <summary>Runs it; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm, int reloads) =>
        report.Conclude("reloads", await report.DuringAsync("reloads", progress => MeasureAsync(report, rate, warm, reloads, progress)));

    private static async Task<Verdict> MeasureAsync(Report report, double rate, TimeSpan warm, int reloads, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync();
        progress("warming up");
        await Timeline.WarmAsync(bed, rate, warm, new RecommendScenario(), new ChatScenario(tokens: 3, intervalMs: 10));

        // 1. Load, and streams that last longer than all reloads.
        var target = LoadTarget.Parse(bed.Gateway.Url);
        var first = await bed.Gateway.MetricsAsync();
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, (int)Streams).Select(n => new StreamClient(target, 1_000_000, 100, $"c{n}")).ToList();
        var streams = clients.Select(client => client.RunAsync(stop.Token)).ToList();
        await Task.WhenAll(clients.Select(client => client.FirstEvent));
        var run = LoadRun.Start(new()
        {
            Target = target,
            Rate = RateProfile.Constant(rate, Longest),
            Scenarios = [new RecommendScenario(), new PageScenario("/guide/about")]
        });

        // 2. The reloads.
        var (applied, rejected, slowest) = (0, 0, TimeSpan.Zero);
        for (var number = 1; number <= reloads && !run.Completion.IsCompleted; number++)
        {
            progress($"reload {number} of {reloads}");
            var isBroken = number % 10 == 0;
            var noticed = await ReloadAsync(bed, number, isBroken);
            if (noticed is { } time)
            {
                _ = isBroken ? rejected++ : applied++;
                slowest = time > slowest ? time : slowest;
            }
        }

        // 3. What became of everyone.
        await run.UntilAsync(run.Elapsed + TimeSpan.FromSeconds(1));
        run.Stop();
        var ledger = await run.Completion;
        var dropped = streams.Count(stream => stream.IsCompleted);
        await stop.CancelAsync();
        var reports = await Task.WhenAll(streams);
        var last = await bed.Gateway.MetricsAsync();
        report.Line(
            $"reloads: {ledger.Summary()}; slowest to be seen: {Verdict.Text(slowest)}; p99 {Verdict.Text(ledger.Latencies().P99)}");
        return new Verdict()
            .Exactly("failed", ledger.Failed, 0)
            .Exactly("not live", ledger.Total - ledger.Count(Outcome.Live), 0)
            .Exactly("streams dropped", dropped, 0)
            .Exactly("streams with an id missing or twice", reports.Count(stream => !stream.AreIdsWhole), 0)
            .Exactly("good configurations applied", applied, reloads - (reloads / 10))
            .Exactly("broken configurations rejected", rejected, reloads / 10)
            .Within("slowest reload", slowest, Thresholds.ReloadWithin)
            .Exactly("transitions", MetricsWatch.Transitions(first, last).Sum(transition => transition.Count), 0);
    }

    /// <summary>Writes a configuration and waits until the gateway's metrics show that it was judged; null: they never did.</summary>
    private static async Task<TimeSpan?> ReloadAsync(TestBed bed, int number, bool isBroken)
    {
        var before = StampOf(await bed.Gateway.MetricsAsync());
        bed.Config.Set("routes.pages.fallback.1.retryAfter", (10 + number).ToString(CultureInfo.InvariantCulture) + "s");
        bed.Config.Set("clusters.ai-guide.attempts.max", number % 2 == 0 ? "3" : "4");
        var written = Stopwatch.GetTimestamp();
        if (isBroken)
        {
            bed.WriteConfig(Broken[number / 10 % Broken.Length]);
        }
        else
        {
            bed.WriteConfig();
        }

        // Every third is asked for by signal as well; the others are for the watcher to find.
        if (number % 3 == 0)
        {
            bed.Gateway.Reload();
        }

        while (Stopwatch.GetElapsedTime(written) < Thresholds.ReloadWithin * 2)
        {
            var metrics = await bed.Gateway.MetricsAsync();
            var succeeded = metrics.Sum("gateway_config_reload_success") > 0.5;
            if (isBroken ? !succeeded : succeeded && StampOf(metrics) > before)
            {
                return Stopwatch.GetElapsedTime(written);
            }

            await Task.Delay(LookEvery, TimeProvider.System);
        }

        return null;
    }

    private static double StampOf(Metrics metrics) => metrics.Sum("gateway_config_reload_timestamp_seconds");
}
