using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>A runbook that is changed while a fault lasts.</summary>
[Trait("kind", "socket")]
public sealed class RunbookReloadTests : IAsyncDisposable
{
    private readonly ScriptedUpstream _first = new();
    private readonly ScriptedUpstream _second = new();
    private readonly ScriptedUpstream _standby = new();

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _standby.DisposeAsync();
    }

    // The limit is one run in an hour, and what was only observed was none.
    [Fact]
    public async Task Observed_ThenModeAct_ActsOnTheFaultThatLasts()
    {
        await using var receiver = await Receiver.StartAsync((_, _) => HealAsync());
        var runbook = "{ name: restart, when: { destination: down, for: 1s }, limits: { perHour: 1 }, mode: MODE, do: [ { http: \""
            + receiver.Url + "restart\" }, { wait: up } ] }";
        await using var gateway = await InProcessGateway.StartAsync(ConfigOf(runbook.Replace("MODE", "observe", StringComparison.Ordinal)));
        _first.Healthy = false;
        await gateway.MetricReachesAsync(1, "gateway_runbook_runs_total", ("outcome", "observed"));

        gateway.WriteConfig(ConfigOf(runbook.Replace("MODE", "act", StringComparison.Ordinal)));

        await gateway.MetricReachesAsync(1, "gateway_runbook_runs_total", ("outcome", "healed"));
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task Refused_ThenOtherSteps_DoesTheNewOnesOnceItMay()
    {
        await using var receiver = await Receiver.StartAsync((_, _) => HealAsync());
        var runbook = "{ name: restart, when: { destination: down, for: 1s }, mode: act, do: [ { http: \"" + receiver.Url
            + "PATH\" }, { wait: up } ] }";
        await using var gateway = await InProcessGateway.StartAsync(ConfigOf(runbook.Replace("PATH", "old", StringComparison.Ordinal)));
        await gateway.PostAsync("/clusters/guide/hold", """{"tier":"standby","for":"10m","reason":"work","force":true}""");
        _first.Healthy = false;
        await gateway.MetricReachesAsync(1, "gateway_runbook_runs_total", ("outcome", "refused"));

        gateway.WriteConfig(ConfigOf(runbook.Replace("PATH", "new", StringComparison.Ordinal)));
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64() == 2,
            TimeSpan.FromSeconds(60),
            "the change is in force");
        await gateway.PostAsync("/clusters/guide/release", """{"force":true}""");

        await gateway.MetricReachesAsync(1, "gateway_runbook_runs_total", ("outcome", "healed"));
        Assert.Equal("/new", Assert.Single(receiver.All).Path);
    }

    private Task HealAsync()
    {
        _first.Healthy = true;
        return Task.CompletedTask;
    }

    private string ConfigOf(string runbook) =>
        InProcessGateway.Config([_first.Url, _second.Url], [_standby.Url], top: $"runbooks: [ {runbook} ]");
}
