using System.Diagnostics;
using Gateway.Drills.Figures;
using Gateway.Drills.Plans;
using Gateway.Drills.Reporting;

namespace Gateway.Drills.Running;

/// <summary>What the command line changes about a drill.</summary>
/// <param name="Rate">Another rate at the begin; the others change in proportion. Null: the file's.</param>
/// <param name="Warm">Another time to warm up.</param>
/// <param name="Seed">Another seed of chaos.</param>
/// <param name="ChaosFor">Another length of chaos; the load is made shorter or longer by the same.</param>
internal sealed record Adjustments(double? Rate = null, TimeSpan? Warm = null, int? Seed = null, TimeSpan? ChaosFor = null)
{
    /// <summary>The plan as it will run.</summary>
    public DrillPlan Apply(DrillPlan plan)
    {
        var load = plan.Load with { Warm = Warm ?? plan.Load.Warm };
        if (Rate is { } rate)
        {
            var factor = rate / plan.Load.Stretches[0].From;
            load = load with { Stretches = [.. load.Stretches.Select(stretch => (stretch.From * factor, stretch.To * factor, stretch.For))] };
        }

        if (plan.Timeline.Select(step => step.Deed).OfType<ChaosDeed>().FirstOrDefault() is not { } chaos)
        {
            return plan with { Load = load };
        }

        var longer = (ChaosFor ?? chaos.Lasts) - chaos.Lasts;
        var begin = plan.Timeline.First(step => ReferenceEquals(step.Deed, chaos)).At;
        var last = load.Stretches[^1];
        return plan with
        {
            Load = load with { Stretches = [.. load.Stretches.SkipLast(1), (last.From, last.To, last.For + longer)] },
            Timeline = [.. plan.Timeline.Select(step => ReferenceEquals(step.Deed, chaos) ? step with { Deed = chaos.With(Seed, ChaosFor) } : step.At > begin ? step with { At = step.At + longer } : step)],
        };
    }
}

/// <summary>Runs drills by name, shows their verdicts and writes the report.</summary>
internal static class DrillCommand
{
    /// <summary>Runs all of them, one after the other; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, IReadOnlyList<string> names, Adjustments adjustments)
    {
        if (names.Count == 0)
        {
            throw new ArgumentException("Say which drill: a name, a group, a file or 'all'. './gateway drill list' shows them.", nameof(names));
        }

        var plans = DrillSet.Select(names).Select(adjustments.Apply).ToList();
        var (runner, findings) = (new DrillRunner(report), new List<Finding>());
        var notRun = 0;
        foreach (var plan in plans)
        {
            foreach (var chaos in plan.Timeline.Select(step => step.Deed).OfType<ChaosDeed>())
            {
                report.Line($"{plan.Name}: seed {chaos.Seed}. The same faults again: ./gateway drill {plan.Name} --seed {chaos.Seed}");
            }

            try
            {
                var begun = Stopwatch.GetTimestamp();
                var measured = await runner.RunAsync(plan);
                findings.Add(new(measured, Judge.Of(measured)));
                report.Line($"{plan.Name}: {measured.Ledger.Summary()}; p99 {Verdict.Text(measured.During.P99)} in the fault; {Verdict.Text(Stopwatch.GetElapsedTime(begun))}");
                report.Conclude(plan.Name, findings[^1].Verdict, all: plans.Count == 1);
            }
            catch (Exception error) when (error is InvalidOperationException or TimeoutException or IOException or HttpRequestException)
            {
                // The others can still be run; the whole does not pass.
                notRun++;
                report.Line($"FAILED: {plan.Name} could not be carried out: {error.Message}");
            }
        }

        if (findings.Count > 0)
        {
            report.Line($"Report: {await ReportFiles.WriteAsync(findings)}");
        }

        var passed = findings.Count(finding => finding.Verdict.Holds);
        if (plans.Count > 1)
        {
            report.Line($"{(passed == plans.Count ? "PASSED" : "FAILED")}: {passed} of {plans.Count} drills passed{(notRun > 0 ? $", {notRun} could not be carried out" : string.Empty)}.");
        }

        return passed == plans.Count ? 0 : 1;
    }

    /// <summary>Checks files without running anything; returns 0 or 2.</summary>
    public static int Check(Report report, IReadOnlyList<string> files)
    {
        var wrong = 0;
        foreach (var file in files.Count > 0 ? files : [.. Directory.GetFiles(DrillSet.Folder, "*.yaml").Order(StringComparer.Ordinal).Select(path => Path.GetRelativePath(Directory.GetCurrentDirectory(), path))])
        {
            try
            {
                var plan = DrillFile.Read(file);
                report.Line($"{file}: good. {plan.About}");
            }
            catch (PlanException error)
            {
                wrong++;
                report.Line(error.Message);
            }
        }

        return wrong == 0 ? 0 : 2;
    }

    /// <summary>Lists the drills with their groups.</summary>
    public static int List(Report report)
    {
        report.Table(["drill", "groups", "lasts", "what happens"], [.. DrillSet.All().Select(plan => (IReadOnlyList<string>)
            [plan.Name, string.Join(", ", plan.Groups), Verdict.Text(plan.Load.For + plan.Load.Warm), plan.About])]);
        return 0;
    }
}
