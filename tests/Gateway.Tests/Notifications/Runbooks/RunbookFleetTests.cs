using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>Runbooks of several gateways that share a real Redis.</summary>
[Trait("kind", "server")]
public sealed class RunbookFleetTests : IAsyncDisposable
{
    private const int Fleet = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ScriptedUpstream _first = new();
    private readonly ScriptedUpstream _second = new();
    private readonly ScriptedUpstream _standby = new();
    private readonly List<InProcessGateway> _gateways = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _standby.DisposeAsync();
    }

    [Fact]
    public async Task Fault_ThatAllSee_IsActedOnByExactlyOne()
    {
        using var redis = await RedisServer.StartAsync();
        await using var receiver = await Receiver.StartAsync((_, _) =>
        {
            _first.Healthy = true;
            return Task.CompletedTask;
        });
        await StartAsync(redis, $"drain, {{ http: \"{receiver.Url}restart/{{destination}}\" }}, {{ wait: up }}, ready");

        _first.Healthy = false;

        await Eventually.BecomeTrueAsync(async () => await SumAsync("healed") == 1, Patience, "one gateway healed it");
        await Eventually.BecomeTrueAsync(
            async () => await DrainingAsync() == 0 && (await ReportsAsync()).All(static report =>
                report.Runbooks[0].Recent is [{ RepairSeconds: not null }]),
            Patience,
            "all see that it is well");
        Assert.Equal($"/restart/127.0.0.1:{_first.Port}", Uri.UnescapeDataString(Assert.Single(receiver.All).Path));
        var outcomes = (await ReportsAsync()).Select(static report => report.Runbooks[0].Recent[0].Outcome).ToArray();
        Assert.Single(outcomes, RunbookOutcome.Healed);
        Assert.DoesNotContain(RunbookOutcome.Escalated, outcomes);
    }

    [Fact]
    public async Task Redis_CutOff_NoneActs()
    {
        using var redis = await RedisServer.StartAsync();
        await using var receiver = await Receiver.StartAsync();
        await StartAsync(redis, $"{{ http: \"{receiver.Url}restart\" }}");
        redis.Kill();
        await Eventually.BecomeTrueAsync(
            async () => (await FleetsAsync()).All(static fleet => !fleet.GetProperty("agreeing").GetBoolean()),
            Patience,
            "they do not hear one another");

        _first.Healthy = false;

        await Eventually.BecomeTrueAsync(async () => await SumAsync("refused") == Fleet, Patience, "each of them refuses");
        Assert.All(await ReportsAsync(), static report =>
            Assert.Equal("the other gateways are not heard", Assert.Single(report.Runbooks[0].Refused).Reason));
        Assert.Empty(receiver.All);
    }

    [Fact]
    public async Task Gateway_ThatStopsInARun_LeavesNoDrainAtTheOthers()
    {
        using var redis = await RedisServer.StartAsync();
        await StartAsync(redis, "drain, { exec: [ /bin/sleep, \"600\" ], timeout: 10m }");
        _first.Healthy = false;
        await Eventually.BecomeTrueAsync(async () => await DrainingAsync() == Fleet, Patience, "it is drained everywhere");
        var runs = (await ReportsAsync()).ToList().FindIndex(static report =>
            report.Runbooks[0].Recent is [{ Outcome: RunbookOutcome.Running }, ..]);
        Assert.True(runs >= 0, "No gateway has the run.");

        await _gateways[runs].DisposeAsync();
        _gateways.RemoveAt(runs);

        await Eventually.BecomeTrueAsync(async () => await DrainingAsync() == 0, Patience, "it is drained nowhere");

        // Nor does another one begin anew: this fault was tried.
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(0, await DrainingAsync());
    }

    private async Task StartAsync(RedisServer redis, string steps)
    {
        var config = InProcessGateway.Config(
            [_first.Url, _second.Url],
            [_standby.Url],
            top: $"redis: {{ endpoints: [ {redis.Endpoint} ] }}\n"
                + $"runbooks: [ {{ name: restart, when: {{ destination: down, for: 2s }}, mode: act, do: [ {steps} ] }} ]");
        for (var i = 0; i < Fleet; i++)
        {
            _gateways.Add(await InProcessGateway.StartAsync(config));
        }

        await Eventually.BecomeTrueAsync(
            async () => (await FleetsAsync()).All(static fleet => fleet.GetProperty("agreeing").GetBoolean()
                && fleet.GetProperty("gateways").GetArrayLength() == Fleet),
            Patience,
            "they hear one another");
    }

    private async Task<IReadOnlyList<JsonElement>> FleetsAsync()
    {
        var all = new List<JsonElement>();
        foreach (var gateway in _gateways)
        {
            all.Add((await gateway.StatusAsync()).GetProperty("fleet"));
        }

        return all;
    }

    private async Task<IReadOnlyList<RunbookReport>> ReportsAsync()
    {
        using var client = new HttpClient();
        var all = new List<RunbookReport>();
        foreach (var gateway in _gateways)
        {
            all.Add(JsonSerializer.Deserialize<RunbookReport>(
                await client.GetStringAsync(new Uri(gateway.AdminUrl, "/runbooks")), AdminJson.Options)!);
        }

        return all;
    }

    private async Task<double> SumAsync(string outcome)
    {
        var sum = 0.0;
        foreach (var gateway in _gateways)
        {
            sum += await gateway.MetricAsync("gateway_runbook_runs_total", ("outcome", outcome));
        }

        return sum;
    }

    private async Task<int> DrainingAsync()
    {
        var count = 0;
        foreach (var gateway in _gateways)
        {
            count += (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[0]
                .GetProperty("draining").GetBoolean() ? 1 : 0;
        }

        return count;
    }
}
