using System.Globalization;
using Gateway.Drills.Figures;
using Gateway.Drills.Load;
using Gateway.Drills.Plans;
using Gateway.Drills.Processes;
using Gateway.Drills.Reporting;
using Gateway.Drills.Running;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Drills;

/// <summary>Drills on a gateway that they did not start, broken and mended by shell commands.</summary>
[Trait("kind", "process")]
public class RunningGatewayDrillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_CommandsBreakAndMend_TheDrillSeesTheSwitch() => await RetryWhenMachineBusy.HoldsAsync(async () =>
    {
        await using var bed = await StartWarmAsync(
            ("clusters.ai-guide.attempts.hedge", "100ms"),
            ("clusters.ai-guide.attempts.retryBudget", "100%"));
        var pids = string.Join(' ', bed.Primaries.Select(guide => guide.Pid.ToString(CultureInfo.InvariantCulture)));
        var told = Path.Combine(bed.Folder, "told");
        var plan = DrillFile.Parse("running.yaml", $$"""
            environment: { gateway: "{{bed.Gateway.Url}}", admin: "{{bed.Gateway.AdminUrl}}" }
            load: { rate: 60, for: 8s, warm: 2s }
            timeline:
              - { at: 1s, run: { command: "kill -STOP {{pids}}", is: breaks } }
              - { at: 2s, run: "echo $GATEWAY_URL $GATEWAY_ADMIN_URL > {{told}}" }
              - { at: 5s, run: { command: "kill -CONT {{pids}}", is: mends } }
            expect: { failed: 0, degraded: 0%, switchWithin: 4s, transitions: [ "primary->standby" ], lateness: 1s }
            """);

        var measured = await new DrillRunner(new Report()).RunAsync(plan, cancel: Cancel);

        Assert.Equal($"{bed.Gateway.Url} {bed.Gateway.AdminUrl}\n", await File.ReadAllTextAsync(told, Cancel));
        Assert.True(bed.Gateway.IsRunning);
        return new(measured, Judge.Of(measured));
    });

    /// <summary>The file that the documentation runs on the demo, on other ports.</summary>
    [Fact]
    public async Task Run_FileOfTheDocumentation_Holds()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/curl"), "curl is not installed.");
        await RetryWhenMachineBusy.HoldsAsync(async () =>
        {
            await using var bed = await StartWarmAsync();
            var text = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "config", "drills", "running", "demo.yaml"), Cancel))
                .Replace("http://127.0.0.1:8080", bed.Gateway.Url, StringComparison.Ordinal)
                .Replace("http://127.0.0.1:8081", bed.Gateway.AdminUrl, StringComparison.Ordinal)
                .Replace(
                    "9001 9002",
                    string.Join(' ', bed.Primaries.Select(guide => guide.Port.ToString(CultureInfo.InvariantCulture))),
                    StringComparison.Ordinal);
            var plan = DrillFile.Parse("demo.yaml", text);

            var measured = await new DrillRunner(new Report()).RunAsync(
                plan with { Expect = plan.Expect with { Lateness = TimeSpan.FromSeconds(1) } },
                cancel: Cancel);

            return new(measured, Judge.Of(measured));
        });
    }

    [Fact]
    public async Task Run_CommandFails_SaysWhichAndWhatItWrote()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0 }, Cancel);
        var plan = DrillFile.Parse("running.yaml", $$"""
            environment: { gateway: "{{bed.Gateway.Url}}" }
            load: { rate: 10, for: 2s, warm: 1s }
            timeline: [ { at: 1s, run: { command: "echo no such guide; exit 3", is: breaks } } ]
            expect: { failed: 0 }
            """);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new DrillRunner(new Report()).RunAsync(plan, cancel: Cancel));

        Assert.Contains(
            "'echo no such guide; exit 3' ended with exit code 3. It wrote:\nno such guide",
            error.Message,
            StringComparison.Ordinal);
    }

    /// <summary>
    /// A busy machine can make cold guides look dead: the drills here do not wait for a first tier that serves,
    /// since the gateway is not theirs.
    /// </summary>
    private static async Task<TestBed> StartWarmAsync(params (string Path, string? Yaml)[] config)
    {
        var bed = await TestBed.StartAsync(new() { Config = config }, Cancel);
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var ledger = await LoadRun.RunAsync(new()
                {
                    Target = LoadTarget.Parse(bed.Gateway.Url),
                    Rate = RateProfile.Constant(50, TimeSpan.FromSeconds(1)),
                    Scenarios = [new RecommendScenario()]
                });
                return ledger.Count(Outcome.Live) == ledger.Total
                    && (await bed.Gateway.MetricsAsync(Cancel)).Sum("gateway_active_tier", ("tier", "primary")) > 0;
            },
            TimeSpan.FromMinutes(3),
            "the first tier serves everything");
        return bed;
    }

    [Fact]
    public void Page_DrillThatCouldNotBeCarriedOut_DoesNotPass()
    {
        var page = HtmlReport.Of([], [new("some-drill", "no <such> guide")]);

        Assert.Contains("FAILED", page, StringComparison.Ordinal);
        Assert.DoesNotContain("PASSED", page, StringComparison.Ordinal);
        Assert.Contains("could not be carried out: no &lt;such&gt; guide", page, StringComparison.Ordinal);
    }
}
