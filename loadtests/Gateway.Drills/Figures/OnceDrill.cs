using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// A POST is executed at most once, and never acknowledged unless executed: under every fault of the table, and under restarts without end.
/// </summary>
internal static class OnceDrill
{
    /// <summary>The name of the row that kills and restarts the primaries all the time.</summary>
    public const string Restarts = "restarts";

    /// <summary>A late execution must show: a guide that was slow or frozen may still work on what it has.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);

    /// <summary>Runs all faults, or those that are named; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm, IReadOnlyCollection<string> only, int posts)
    {
        var verdict = new Verdict();
        var rows = new List<IReadOnlyList<string>>();
        var faults = only.Count == 1 && only.Contains(Restarts, StringComparer.Ordinal)
            ? []
            : TableDrill.Select([.. only.Where(name => !string.Equals(name, Restarts, StringComparison.Ordinal))]);
        foreach (var @case in faults)
        {
            await AddAsync(@case.Name, progress => UnderFaultAsync(@case, rate, warm, progress));
        }

        if (only.Count == 0 || only.Contains(Restarts, StringComparer.Ordinal))
        {
            await AddAsync(Restarts, progress => UnderRestartsAsync(rate, warm, posts, progress));
        }

        report.Table(["fault", "posts", "acknowledged", "executed", "twice", "lost", "responses to posts"], rows);
        return report.Conclude("once", verdict, all: false);

        async Task AddAsync(string name, Func<Action<string>, Task<(OrderAudit Audit, Ledger Posts)>> measure)
        {
            var (audit, ledger) = await report.DuringAsync(name, measure);
            rows.Add([
                name,
                $"{audit.Sent}",
                $"{audit.Acknowledged}",
                $"{audit.Executed}",
                $"{audit.Twice.Count}",
                $"{audit.Lost.Count}",
                ledger.Summary()
            ]);
            verdict.Include(name, new Verdict()
                .Exactly("executed twice", audit.Twice.Count, 0)
                .Exactly("acknowledged, never executed", audit.Lost.Count, 0)
                .Exactly("executed, never sent", audit.Strange.Count, 0)
                .AtLeast("acknowledged at all", audit.Acknowledged, 1));
        }
    }

    private static async Task<(OrderAudit Audit, Ledger Posts)> UnderFaultAsync(
        FaultCase @case,
        double rate,
        TimeSpan warm,
        Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { Config = @case.Config });
        progress("warming up");
        await Timeline.WarmAsync(bed, rate, warm, new RecommendScenario(), new CartScenario("warm"));
        var orders = new CartScenario("order");
        var run = Start(bed, RateProfile.Constant(rate, Timeline.EndAt), orders);
        await run.UntilAsync(Timeline.FaultAt);
        await @case.Fault.BreakAsync(bed);
        progress("broken");
        await run.UntilAsync(Timeline.RecoverAt);
        await @case.Fault.RecoverAsync(bed);
        progress("fault over");
        return await AuditAsync(bed, orders, await run.Completion);
    }

    private static async Task<(OrderAudit Audit, Ledger Posts)> UnderRestartsAsync(
        double rate,
        TimeSpan warm,
        int posts,
        Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync();
        progress("warming up");
        await Timeline.WarmAsync(bed, rate, warm, new RecommendScenario(), new CartScenario("warm"));
        var orders = new CartScenario("order");

        // Slow enough that the posts last over many restarts: at 100 requests a second, half of them posts, 1,000 take 20 s.
        var run = Start(bed, RateProfile.Constant(Math.Min(rate, 100), TimeSpan.FromSeconds(posts * 2 / Math.Min(rate, 100))), orders);
        for (var kills = 0; !run.Completion.IsCompleted; kills++)
        {
            var guide = bed.Primaries[kills % bed.Primaries.Count];
            await guide.KillAsync();
            progress($"killed {guide.Name}, the {kills + 1}. time");
            await run.UntilAsync(run.Elapsed + TimeSpan.FromMilliseconds(300));
            await guide.StartAsync();
            await run.UntilAsync(run.Elapsed + TimeSpan.FromMilliseconds(700));
        }

        return await AuditAsync(bed, orders, await run.Completion);
    }

    private static LoadRun Start(TestBed bed, RateProfile rate, CartScenario orders) =>
        LoadRun.Start(new() { Target = LoadTarget.Parse(bed.Gateway.Url), Rate = rate, Scenarios = [new RecommendScenario(), orders] });

    private static async Task<(OrderAudit Audit, Ledger Posts)> AuditAsync(TestBed bed, CartScenario orders, Ledger ledger)
    {
        await Task.Delay(Settle, TimeProvider.System);
        var posts = ledger.Of(orders.Name);
        var sent = posts.Where(entry => entry.Sent != 0).Entries.ToArray().Select(entry => orders.Id(entry.Key)).ToList();
        var acknowledged = posts.Where(entry => entry.Outcome == Outcome.Live).Entries
            .ToArray()
            .Select(entry => orders.Id(entry.Key))
            .ToList();
        var lines = (await File.ReadAllLinesAsync(bed.OrdersFile)).Where(line => !line.StartsWith("warm-", StringComparison.Ordinal));
        return (OrderAudit.Of(sent, acknowledged, lines), posts);
    }
}
