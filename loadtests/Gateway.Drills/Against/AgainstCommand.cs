using Gateway.Drills.Figures;
using Gateway.Drills.Load;
using Gateway.Drills.Reporting;
using Gateway.Drills.Running;

namespace Gateway.Drills.Against;

/// <summary>The same faults through the gateway and through other proxies: one table, one page.</summary>
internal static class AgainstCommand
{
    /// <summary>Runs them in turn; the exit code is the gateway's verdict, for the others are only compared with.</summary>
    public static async Task<int> RunAsync(Report report, IReadOnlyList<string> names, IReadOnlyList<string> peers, Adjustments adjustments)
    {
        foreach (var peer in peers)
        {
            Peer.Require(peer);
        }

        var (runner, rows, faults, held) =
            (new DrillRunner(report), new List<IReadOnlyList<string>>(), new List<(string, IReadOnlyList<Measured>)>(), true);
        foreach (var plan in DrillSet.Select(names).Select(adjustments.Apply))
        {
            if (plan.Environment.Url is not null || plan.Timeline.Any(step => step.Step.IsAboutTheGateway))
            {
                report.Line($"{plan.Name}: left out, since it is about the gateway's own configuration or process.");
                continue;
            }

            var runs = new List<Measured>();
            foreach (var subject in peers.Prepend("gateway"))
            {
                var isGateway = subject is "gateway";
                var run = await runner.RunUndisturbedAsync(plan, subject, isGateway ? null : bed => Peer.StartAsync(subject, bed));
                held &= !isGateway || Judge.Of(run).Holds;
                runs.Add(run);
                rows.Add([
                    plan.Name,
                    subject,
                    $"{run.Failed}",
                    $"{run.Static}",
                    $"{run.Ledger.Count(Outcome.LastGood)}",
                    Verdict.Text(run.During.P50),
                    Verdict.Text(run.During.P99),
                    Verdict.Text(run.During.Max),
                    Verdict.Text(run.Ledger.Lateness().P99)
                ]);
            }

            faults.Add((plan.Name, runs));
        }

        if (faults.Count == 0)
        {
            throw new ArgumentException("None of these drills can be run through another proxy.", nameof(names));
        }

        report.Table(["fault", "proxy", "failed", "static", "last good", "p50", "p99", "max", "generator late"], rows);
        report.Line($"Report: {await ReportFiles.WriteAsync(faults)}");
        report.Line(held ? "PASSED: the gateway's own expectations hold." : "FAILED: expectations of the gateway do not hold.");
        return held ? 0 : 1;
    }
}
