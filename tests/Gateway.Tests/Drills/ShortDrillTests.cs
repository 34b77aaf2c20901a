using Gateway.Drills.Figures;
using Gateway.Drills.Plans;
using Gateway.Drills.Reporting;
using Gateway.Drills.Running;
using Xunit;

namespace Gateway.Tests.Drills;

/// <summary>
/// The short set: real processes, real faults, about ten seconds each. Two of them are also run with the part that
/// they guard taken out, and must then fail: a drill that cannot fail guards nothing.
/// </summary>
public class ShortDrillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frozen_WithHedging_Holds() => AssertHolds(await RunAsync("short-frozen"));

    [Fact]
    public async Task Frozen_WithoutHedging_FailsByWhatUsersWait() =>
        AssertMisses(await RunAsync("short-frozen", ("clusters.ai-guide.attempts.hedge", "off")), "p99 during the fault");

    [Fact]
    public async Task LyingHealth_WithoutPassiveDetection_FailsByTheMissingSwitch() => AssertMisses(
        await RunAsync("short-lying-health", ("clusters.ai-guide.passive", "{ consecutiveFailures: 100000, failureRatio: 100%, minimumRequests: 100000 }")),
        "switched after");

    [Fact]
    public async Task EverythingDead_WithLastGoodAnswers_Holds()
    {
        var finding = await RunAsync("short-everything-dead");
        AssertHolds(finding);

        // The report of a real run: one page that needs nothing else, with the verdict and a picture in it.
        var page = HtmlReport.Of([finding]);
        Assert.Contains("PASSED", page, StringComparison.Ordinal);
        Assert.Contains("by-lastGood", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.Contains(finding.Measured.Journal, line => line is { Kind: "transition" });
    }

    private static async Task<Finding> RunAsync(string name, params (string Path, string? Yaml)[] broken)
    {
        var plan = DrillSet.Select([name])[0];
        var environment = plan.Environment with { Bed = plan.Environment.Bed with { Config = [.. plan.Environment.Bed.Config, .. broken] } };
        var measured = await new DrillRunner(new Report()).RunAsync(plan with { Environment = environment }, cancel: Cancel);
        return new(measured, Judge.Of(measured));
    }

    private static void AssertHolds(Finding finding) =>
        Assert.Empty(finding.Verdict.Expectations.Where(expectation => !expectation.Holds).Select(expectation => $"{expectation.What}: {expectation.Measured}, {expectation.Limit}"));

    private static void AssertMisses(Finding finding, string what) =>
        Assert.Contains(finding.Verdict.Expectations, expectation => !expectation.Holds && expectation.What.Contains(what, StringComparison.Ordinal));
}
