using Gateway.Drills.Figures;
using Gateway.Drills.Reporting;
using Gateway.Drills.Running;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Drills;

/// <summary>
/// The short set: real processes, real faults, about ten seconds each. Each is also run with the part that it guards
/// taken out, as its file says, and must then fail by it: a drill that cannot fail guards nothing.
/// </summary>
[Trait("kind", "process")]
public class ShortDrillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frozen_WithHedging_Holds() => await HoldsAsync("short-frozen");

    [Fact]
    public async Task FailbackWait_PrimariesBackForAMoment_Holds() => await HoldsAsync("short-failback-wait");

    [Theory]
    [InlineData("short-frozen", "p99")]
    [InlineData("short-lying-health", "switchWithin")]
    [InlineData("short-everything-dead", "coverage")]
    [InlineData("short-failback-wait", "transitions")]
    public async Task Drill_WithoutWhatItGuards_FailsByIt(string name, string miss)
    {
        var finding = await HoldsAsync(name, prove: true);

        Assert.Contains(miss, finding.Measured.Plan.Misses);
    }

    [Fact]
    public async Task EverythingDead_WithLastGoodResponses_Holds()
    {
        var finding = await HoldsAsync("short-everything-dead");

        // The report of a real run: one page that needs nothing else, with the verdict and a picture in it.
        var page = HtmlReport.Of([finding]);
        Assert.Contains("PASSED", page, StringComparison.Ordinal);
        Assert.Contains("by-lastGood", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.Contains(finding.Measured.Journal, line => line is { Kind: "transition" });
    }

    private static Task<Finding> HoldsAsync(string name, bool prove = false) => RetryWhenMachineBusy.HoldsAsync(async () =>
    {
        var plan = new Adjustments(Prove: prove).Apply(DrillSet.Select([name])[0]);
        var measured = await new DrillRunner(new Report()).RunAsync(plan, cancel: Cancel);
        return new(measured, prove ? Judge.OfProof(measured) : Judge.Of(measured));
    });
}
