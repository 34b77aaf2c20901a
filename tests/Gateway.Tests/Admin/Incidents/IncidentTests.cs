using Gateway.Cli;
using Gateway.Drills.Plans;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin.Incidents;

/// <summary>From a real failover to its report, and to a drill of it.</summary>
[Trait("kind", "process")]
public sealed class IncidentTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Failover_IsReported_AndBecomesADrill()
    {
        await using var primary = new ScriptedUpstream();
        await using var standby = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([primary.Url], [standby.Url]));
        Assert.Equal("ok", await gateway.Client.GetStringAsync("/", Cancel));
        Assert.Equal("There was no incident in the time that is kept.\n", await RunAsync(gateway, 0, "list"));
        Assert.Contains("There was no incident in the time that is kept.", await RunAsync(gateway, 1, "show"), StringComparison.Ordinal);

        primary.Healthy = false;
        await Eventually.BecomeTrueAsync(
            async () => await gateway.ServingAsync() is "standby", TimeSpan.FromSeconds(30), "the standby serves");
        Assert.Equal("ok", await gateway.Client.GetStringAsync("/", Cancel));
        await Eventually.BecomeTrueAsync(
            async () => (await RunAsync(gateway, 0, "list")).Contains("goes on", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30),
            "it is reported");

        var report = await RunAsync(gateway, 0, "show");
        Assert.Contains("127.0.0.1", report, StringComparison.Ordinal);
        Assert.Contains("of primary: status 503 on probes", report, StringComparison.Ordinal);
        Assert.Contains("transition guide primary -> standby (failover)", report, StringComparison.Ordinal);
        Assert.Contains("primary to standby", report, StringComparison.Ordinal);
        var name = report[..report.IndexOf(':', StringComparison.Ordinal)];
        Assert.Equal(report.Split('\n')[0], (await RunAsync(gateway, 0, "show", name)).Split('\n')[0]);

        var drill = DrillFile.Parse("incident.yaml", await RunAsync(gateway, 0, "drill", name));
        Assert.Equal(["503 at p1", "clear p1"], drill.Timeline.Select(static step => step.Step.Label));

        var wrong = await RunAsync(gateway, 1, "show", name[..^1] + "x");
        Assert.Contains($"There is no incident \"{name[..^1]}x\". Did you mean \"{name}\"?", wrong, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(InProcessGateway gateway, int code, params string[] words)
    {
        await using StringWriter output = new(), error = new();
        string[] line = ["incidents", .. words, "--admin", gateway.AdminUrl.ToString()];
        var actual = await GatewayCli.RunAsync(line, output, error, static _ => null);
        Assert.True(code == actual, $"exit code {actual}:\n{output}{error}");
        return (code == 0 ? output : error).ToString();
    }
}
