using System.Diagnostics;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>What was measured for one row of the table.</summary>
internal sealed record TableRow
{
    /// <summary>The row's name.</summary>
    public required string Name { get; init; }

    /// <summary>Requests sent.</summary>
    public required int Requests { get; init; }

    /// <summary>Requests whose user got nothing of use, in the whole run.</summary>
    public required int Failed { get; init; }

    /// <summary>Responses from a prepared file or built in, in the whole run.</summary>
    public required int Static { get; init; }

    /// <summary>Responses that the gateway had stored.</summary>
    public required int LastGood { get; init; }

    /// <summary>Counts by outcome, in words.</summary>
    public required string Outcomes { get; init; }

    /// <summary>Of the requests due while the fault lasted.</summary>
    public required TimeSpan P50 { get; init; }

    /// <summary>Of the requests due while the fault lasted.</summary>
    public required TimeSpan P99 { get; init; }

    /// <summary>Of the requests due while the fault lasted.</summary>
    public required TimeSpan Max { get; init; }

    /// <summary>p99 before the fault.</summary>
    public required TimeSpan P99Before { get; init; }

    /// <summary>
    /// From the fault to another active tier; for one destination, to another set of destinations that are up; null: never.
    /// </summary>
    public required TimeSpan? Switch { get; init; }

    /// <summary>From the first guide's return to the last response that was not live; null where that is not asked.</summary>
    public required TimeSpan? BackToLive { get; init; }

    /// <summary>Attempts beyond the first of each request.</summary>
    public required int ExtraAttempts { get; init; }

    /// <summary>Transitions with their counts.</summary>
    public required IReadOnlyList<string> Transitions { get; init; }

    /// <summary>How late the generator was (p99).</summary>
    public required TimeSpan Lateness { get; init; }

    /// <summary>Runs one row: a fresh test bed, warm-up, load, the fault, its end.</summary>
    public static async Task<(TableRow Row, Verdict Verdict)> MeasureAsync(
        FaultCase @case,
        double rate,
        TimeSpan warm,
        Action<string> progress)
    {
        // 1. A fresh installation: no row inherits another's health or stored responses.
        progress("starting");
        await using var bed = await TestBed.StartAsync(new() { Config = @case.Config });
        progress("warming up");
        var scenario = new RecommendScenario();
        await Timeline.WarmAsync(bed, rate, warm, scenario);

        // 2. Load, fault, end of the fault.
        await using var watch = await MetricsWatch.StartAsync(bed.Gateway);
        var run = LoadRun.Start(new()
        {
            Target = LoadTarget.Parse(bed.Gateway.Url),
            Rate = RateProfile.Constant(rate, Timeline.EndAt),
            Scenarios = [scenario]
        });
        progress("under load");
        await run.UntilAsync(Timeline.FaultAt);
        var brokenAt = Stopwatch.GetTimestamp();
        await @case.Fault.BreakAsync(bed);
        progress("broken");
        await run.UntilAsync(Timeline.RecoverAt);
        await @case.Fault.RecoverAsync(bed);
        var returnedAt = bed.Guides.Min(guide => guide.AnsweringSince);
        progress("fault over");
        var ledger = await run.Completion;
        var last = await watch.FinishAsync();

        // 3. The figures.
        var during = ledger.Between(Timeline.FaultAt, Timeline.RecoverAt).Latencies();
        var row = new TableRow
        {
            Name = @case.Name,
            Requests = ledger.Total,
            Failed = ledger.Failed + ledger.Count(Outcome.Unsent),
            Static = ledger.Count(Outcome.File) + ledger.Count(Outcome.BuiltIn),
            LastGood = ledger.Count(Outcome.LastGood),
            Outcomes = ledger.Summary(),
            P50 = during.P50,
            P99 = during.P99,
            Max = during.Max,
            P99Before = ledger.Between(TimeSpan.Zero, Timeline.FaultAt).Latencies().P99,
            Switch = @case.Extent == Extent.OneDestination
                ? watch.DestinationsChangedAfter(brokenAt)
                : watch.ActiveTierChangedAfter(brokenAt),
            BackToLive = @case.Extent == Extent.Everything ? BackAfter(ledger, returnedAt) : null,
            ExtraAttempts = ExtraOf(watch.First, last),
            Transitions = [.. MetricsWatch.Transitions(watch.First, last).Select(transition => transition.Count == 1
                ? transition.Name
                : $"{transition.Name} x{transition.Count}")],
            Lateness = ledger.Lateness().P99,
        };
        return (row, row.Judge(@case, MetricsWatch.Transitions(watch.First, last), watch.Unanswered));
    }

    /// <summary>Attempts minus the requests with at least one; a request may get its fallback without any.</summary>
    public static int ExtraOf(Metrics first, Metrics last)
    {
        var attempts = last.Sum("gateway_attempts_total") - first.Sum("gateway_attempts_total");
        var requests = last.Sum("gateway_requests_total") - first.Sum("gateway_requests_total");
        return (int)Math.Max(0, attempts - requests);
    }

    /// <summary>How many extra attempts the budget allows.</summary>
    public static double Budget(int requests, TimeSpan time) =>
        Math.Max(requests * Thresholds.ExtraShare, time.TotalSeconds * Thresholds.ExtraFloor);

    private Verdict Judge(FaultCase @case, IReadOnlyList<(string Name, int Count)> transitions, int unanswered)
    {
        var verdict = new Verdict()
            .Exactly("failed", Failed, 0)
            .AtMost("extra attempts", ExtraAttempts, Budget(Requests, Timeline.EndAt))
            .Exactly("metrics unanswered for 1 s", unanswered, 0)
            .Within("lateness of the generator (p99)", Lateness, Thresholds.GeneratorLateness);
        if (@case.P99 is { } limit)
        {
            verdict.Within("p99 during the fault", P99, limit);
        }

        // A row that sees no degraded response where all guides are dead has broken nothing.
        if (@case.Extent == Extent.Everything)
        {
            verdict.AtLeast("responses from the fallback chain", LastGood + Static, 1)
                .Within("back to live", BackToLive, Thresholds.BackToLive);
            _ = @case.LastGoodKept ? verdict.Exactly("static", Static, 0) : verdict.Exactly("last good", LastGood, 0);
        }
        else
        {
            verdict.Exactly("static", Static, 0).Exactly("last good", LastGood, 0);
        }

        return JudgeSwitch(@case, transitions, verdict);
    }

    private Verdict JudgeSwitch(FaultCase @case, IReadOnlyList<(string Name, int Count)> transitions, Verdict verdict)
    {
        var total = transitions.Sum(transition => transition.Count);
        switch (@case.Extent)
        {
            case Extent.OneDestination:
                return verdict.Exactly("transitions", total, 0);
            case Extent.Tier when @case.TransitionOptional:
                return verdict.AtMost("transitions", total, 1);
            case Extent.Tier:
                return verdict.Exactly("transitions", total, 1).Within("switch", Switch, Thresholds.SwitchWithin);
            default:
                return verdict.Within("switch", Switch, Thresholds.SwitchWithin)
                    .AtMost("same transition announced", transitions.Select(transition => transition.Count).DefaultIfEmpty(0).Max(), 1);
        }
    }

    /// <summary>From the return to the end of the last response that was not live; null when the run's last responses were not.</summary>
    private static TimeSpan? BackAfter(Ledger ledger, long returned)
    {
        var entries = ledger.Entries;
        if (entries[^1].Outcome != Outcome.Live)
        {
            return null;
        }

        for (var i = entries.Length - 1; i >= 0; i--)
        {
            if (entries[i].Outcome != Outcome.Live)
            {
                return entries[i].End > returned ? Stopwatch.GetElapsedTime(returned, entries[i].End) : TimeSpan.Zero;
            }
        }

        return TimeSpan.Zero;
    }
}
