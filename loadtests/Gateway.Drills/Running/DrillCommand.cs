using System.Diagnostics;
using Gateway.Drills.Figures;
using Gateway.Drills.Plans;
using Gateway.Drills.Reporting;

namespace Gateway.Drills.Running;

/// <summary>Runs drills by name, shows their verdicts and writes the report.</summary>
internal static class DrillCommand
{
    /// <summary>Runs all of them, one after the other; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, IReadOnlyList<string> names, Adjustments adjustments)
    {
        if (names.Count == 0)
        {
            throw new ArgumentException(
                "Say which drill: a name, a group, a file or 'all'. './gateway drill list' shows them.",
                nameof(names));
        }

        var plans = Chosen(report, names, adjustments);
        var (runner, findings, notRun) = (new DrillRunner(report), new List<Finding>(), new List<NotRun>());
        foreach (var plan in plans)
        {
            foreach (var chaos in plan.Timeline.Select(step => step.Step).OfType<ChaosStep>())
            {
                report.Line($"{plan.Name}: seed {chaos.Seed}. The same faults again: ./gateway drill {plan.Name} --seed {chaos.Seed}");
            }

            try
            {
                var begun = Stopwatch.GetTimestamp();
                var measured = await runner.RunUndisturbedAsync(plan);
                findings.Add(new(measured, adjustments.Prove ? Judge.OfProof(measured) : Judge.Of(measured)));
                report.Line(
                    $"{plan.Name}: {measured.Ledger.Summary()}; p99 {Verdict.Text(measured.During.P99)} in the fault; "
                        + $"{Verdict.Text(Stopwatch.GetElapsedTime(begun))}");
                report.Conclude(plan.Name, findings[^1].Verdict, all: plans.Count == 1 || adjustments.Prove);
            }
            catch (Exception error) when (error is InvalidOperationException or TimeoutException or IOException or HttpRequestException)
            {
                // The others can still be run; the whole does not pass.
                notRun.Add(new(plan.Name, error.Message));
                report.Line($"FAILED: {plan.Name} could not be carried out: {error.Message}");
            }
        }

        if (findings.Count + notRun.Count > 0)
        {
            report.Line($"Report: {await ReportFiles.WriteAsync(findings, notRun)}");
        }

        var passed = findings.Count(finding => finding.Verdict.Holds);
        if (plans.Count > 1)
        {
            report.Line(
                $"{(passed == plans.Count ? "PASSED" : "FAILED")}: {passed} of {plans.Count} drills passed"
                    + $"{(notRun.Count > 0 ? $", {notRun.Count} could not be carried out" : string.Empty)}.");
        }

        return passed == plans.Count ? 0 : 1;
    }

    /// <summary>The drills as they will run. To prove them is possible only where a file says what to take out.</summary>
    private static List<DrillPlan> Chosen(Report report, IReadOnlyList<string> names, Adjustments adjustments)
    {
        var plans = DrillSet.Select(names);
        if (adjustments.Prove)
        {
            foreach (var plan in plans.Where(plan => plan.Without.Count == 0))
            {
                report.Line($"{plan.Name}: left out, since its file does not say what to take out ('without').");
            }

            plans = [.. plans.Where(plan => plan.Without.Count > 0)];
            if (plans.Count == 0)
            {
                throw new ArgumentException(
                    "Nothing to prove: none of these drills says what to take out. Write 'without' and 'misses' into its file.",
                    nameof(names));
            }
        }

        return [.. plans.Select(adjustments.Apply)];
    }

    /// <summary>Checks files without running anything; returns 0 or 2.</summary>
    public static int Check(Report report, IReadOnlyList<string> files)
    {
        var wrong = 0;
        foreach (var file in files.Count > 0
            ? files
            : [.. Directory.GetFiles(DrillSet.Folder, "*.yaml")
                .Order(StringComparer.Ordinal)
                .Select(path => Path.GetRelativePath(Directory.GetCurrentDirectory(), path))])
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
