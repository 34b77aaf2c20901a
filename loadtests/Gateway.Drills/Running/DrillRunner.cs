using System.Diagnostics;
using System.Globalization;
using Gateway.Drills.Figures;
using Gateway.Drills.Load;
using Gateway.Drills.Plans;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Running;

/// <summary>Carries out one drill: starts what it needs, sends the load, plays the timeline, and measures.</summary>
internal sealed class DrillRunner(Report report)
{
    private const int MostRuns = 3;
    private static readonly TimeSpan LongestRepeated = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WarmPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstTierPatience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a plan against the gateway, or against another proxy that <paramref name="peer"/> starts.</summary>
    public Task<Measured> RunAsync(
        DrillPlan plan,
        string subject = "gateway",
        Func<TestBed, Task<(IAsyncDisposable Process, string Url)>>? peer = null,
        CancellationToken cancel = default) =>
        report.DuringAsync(
            string.Equals(subject, "gateway", StringComparison.Ordinal) ? plan.Name : $"{plan.Name} ({subject})",
            progress => RunAsync(plan, subject, peer, progress, cancel));

    /// <summary>
    /// A run whose generator was late says nothing, neither good nor bad: it is made again, and only the last one counts.
    /// One of long chaos is not: it stands as it is.
    /// </summary>
    public async Task<Measured> RunUndisturbedAsync(
        DrillPlan plan,
        string subject = "gateway",
        Func<TestBed, Task<(IAsyncDisposable Process, string Url)>>? peer = null,
        CancellationToken cancel = default)
    {
        for (var run = 1; ; run++)
        {
            var measured = await RunAsync(plan, subject, peer, cancel);
            var late = measured.Ledger.Lateness().P99;
            if (run >= MostRuns || plan.Load.For > LongestRepeated || late <= (plan.Expect.Lateness ?? Thresholds.GeneratorLateness))
            {
                return measured;
            }

            report.Line(
                $"{plan.Name}: the generator was {Verdict.Text(late)} late (p99): this machine had too much else to do, and the run does "
                    + $"not count. Once more.");
        }
    }

    private async Task<Measured> RunAsync(
        DrillPlan plan,
        string subject,
        Func<TestBed, Task<(IAsyncDisposable Process, string Url)>>? peer,
        Action<string> progress,
        CancellationToken cancel)
    {
        // 1. What it plays on, warm: programs compiled, stores filled.
        progress("starting");
        await using var stage = await DrillEnvironment.OpenAsync(plan.Environment, peer, cancel);
        var prefix = $"drill{Random.Shared.Next():x}";
        await WarmAsync(stage, plan, progress);
        if (peer is null && stage.HasOwnGuides)
        {
            await FirstTierServesAsync(stage, progress, cancel);
        }

        // 2. Load and timeline side by side; whatever fails in one ends both.
        await using var readings = await Readings.StartAsync(stage);
        var started = TimeProvider.System.GetUtcNow();
        var scenarios = plan.Load.Scenarios(prefix);
        var run = LoadRun.Start(new()
        {
            Target = stage.Target,
            Rate = plan.Load.Profile(),
            Scenarios = scenarios,
            Vanishing = plan.Load.Vanishing
        });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var telling = TellAsync(plan, stage, run, readings, progress, over.Token);
        Ledger ledger;
        try
        {
            await PlayAsync(plan, stage, run, over.Token);
        }
        finally
        {
            if (cancel.IsCancellationRequested)
            {
                run.Stop();
            }

            ledger = await run.Completion;
            await over.CancelAsync();
            await telling;
        }

        // 3. What it came to. A late execution of an order must show, so guides get a moment to work off what they have.
        var orders = plan.Load.Mix.Any(kind => kind.Kind is "cart") && stage.HasOwnGuides
            ? await AuditAsync(stage, ledger, scenarios)
            : null;
        await readings.FinishAsync();
        var attempts = readings.Growth("gateway_attempts_total") - readings.Growth("gateway_requests_total");
        return new()
        {
            Plan = plan,
            Subject = subject,
            Ledger = ledger,
            Bursts = stage.Bursts,
            Happenings = stage.Happenings,
            Readings = readings.All,
            Transitions = readings.Transitions(),
            Journal = [.. (await readings.JournalAsync()).Where(line => line.At >= started)],
            ExtraAttempts = Math.Max(0, attempts),
            Orders = orders,
            StartedAt = started,
        };
    }

    private static async Task WarmAsync(DrillEnvironment stage, DrillPlan plan, Action<string> progress)
    {
        if (plan.Load.Warm <= TimeSpan.Zero)
        {
            return;
        }

        progress("warming up");
        var rate = Math.Max(1, plan.Load.Stretches[0].From);
        for (var begun = Stopwatch.GetTimestamp(); ;)
        {
            var ledger = await LoadRun.RunAsync(new()
            {
                Target = stage.Target,
                Rate = RateProfile.Constant(rate, plan.Load.Warm),
                Scenarios = plan.Load.Scenarios($"warm{Random.Shared.Next():x}"),
            });
            if (ledger.Count(Outcome.Live) >= ledger.Total / 2)
            {
                return;
            }

            // Programs that were never asked before can be so slow on a busy machine that they look dead: a little later they are warm.
            if (Stopwatch.GetElapsedTime(begun) > WarmPatience)
            {
                throw new InvalidOperationException(
                    $"Even before any fault, most requests were not answered by a guide: {ledger.Summary()}.");
            }
        }
    }

    /// <summary>
    /// A machine with too much to do can make guides look dead while they warm up: a drill begins with a healthy first tier or not at all.
    /// </summary>
    private static async Task FirstTierServesAsync(DrillEnvironment stage, Action<string> progress, CancellationToken cancel)
    {
        progress("waiting for the first tier");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(FirstTierPatience);
        try
        {
            while ((await stage.OwnBed.Gateway.MetricsAsync(patience.Token)).Sum("gateway_active_tier", ("tier", "primary")) < 1)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, patience.Token);
            }
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"Before any fault the first tier did not serve within {FirstTierPatience.TotalSeconds} s: this machine has too much else "
                    + $"to do.",
                error);
        }
    }

    private static async Task PlayAsync(DrillPlan plan, DrillEnvironment stage, LoadRun run, CancellationToken cancel)
    {
        // Steps that last (a burst, chaos) go on beside those that follow them.
        var going = new List<Task>();
        foreach (var step in plan.Timeline)
        {
            await run.UntilAsync(step.At, cancel);
            var running = stage.DoAsync(step.Step, cancel);
            going.Add(running);
            if (step.Step.Lasts == TimeSpan.Zero)
            {
                await running;
            }
        }

        await Task.WhenAll(going);
    }

    /// <summary>
    /// Tells what goes on: on a terminal twice a second in one place, else a line every five seconds and one for each step.
    /// </summary>
    private async Task TellAsync(
        DrillPlan plan,
        DrillEnvironment stage,
        LoadRun run,
        Readings readings,
        Action<string> progress,
        CancellationToken over)
    {
        var every = report.IsTerminal ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromSeconds(5);
        var (answered, told) = (0, 0);
        try
        {
            while (true)
            {
                await Task.Delay(every, TimeProvider.System, over);
                var counts = Enumerable.Range(0, Outcomes.Count)
                    .Select(outcome => (Outcome: (Outcome)outcome, Count: run.Count((Outcome)outcome)))
                    .ToList();
                var total = counts.Sum(pair => pair.Count);
                var failed = counts.Where(pair => pair.Outcome.IsFailed()).Sum(pair => pair.Count);
                var degraded = counts.Where(pair => pair.Outcome.IsDegraded()).Sum(pair => pair.Count);
                var happenings = stage.Happenings;
                var line = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{run.Elapsed.TotalSeconds,4:0} of {plan.Load.For.TotalSeconds:0} s, {(total - answered) / every.TotalSeconds,4:0}/s, "
                        + $"{failed} failed, {degraded} degraded, {readings.Active} serves"
                        + $"{(happenings.Count > 0 ? $", {happenings[^1].Label}" : string.Empty)}");
                answered = total;
                progress(line);
                if (!report.IsTerminal)
                {
                    told = TellHappenings(run, happenings, told);
                    report.Line($"  {line}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
            if (!report.IsTerminal)
            {
                TellHappenings(run, stage.Happenings, told);
            }
        }
    }

    private int TellHappenings(LoadRun run, IReadOnlyList<TimelineEvent> happenings, int told)
    {
        foreach (var happening in happenings.Skip(told))
        {
            report.Line(
                $"  {Stopwatch.GetElapsedTime(run.Started, happening.At).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s: "
                    + $"{happening.Label}");
        }

        return happenings.Count;
    }

    private static async Task<OrderAudit> AuditAsync(DrillEnvironment stage, Ledger ledger, IReadOnlyList<Scenario> scenarios)
    {
        await Task.Delay(Settle, TimeProvider.System);
        var carts = scenarios.OfType<CartScenario>().First();
        var orders = ledger.Of(carts.Name);
        var (sent, acknowledged) = (new List<string>(), new List<string>());
        foreach (ref readonly var entry in orders.Entries)
        {
            sent.Add(carts.Id(entry.Key));
            if (entry.Outcome == Outcome.Live)
            {
                acknowledged.Add(carts.Id(entry.Key));
            }
        }

        var known = sent.ToHashSet(StringComparer.Ordinal);
        var lines = (await File.ReadAllLinesAsync(stage.OwnBed.OrdersFile)).Where(line => known.Contains(line.Split(' ')[0]));
        return OrderAudit.Of(sent, acknowledged, lines);
    }
}
