using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Cli;
using Gateway.Drills.Faults;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>
/// Several whole gateways, a real Redis, and each of its faults. How fast things must be is held by <c>./gateway drill fleet</c>; here it
/// is awaited with patience, for a busy machine proves nothing about it.
/// </summary>
[Trait("kind", "server")]
public sealed class FleetTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ScriptedUpstream _primary = new(static r => r.RespondAsync("primary", headers: "Cache-Control: max-age=60\r\n"));
    private readonly ScriptedUpstream _standby = new(static r => r.RespondAsync("standby"));
    private readonly List<InProcessGateway> _gateways = [];
    private readonly CancellationTokenSource _endOfLoad = new();
    private readonly ConcurrentQueue<string> _failed = new();
    private readonly List<Task> _load = [];
    private int _answered;

    public async ValueTask DisposeAsync()
    {
        await EndLoadAsync();
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        await _primary.DisposeAsync();
        await _standby.DisposeAsync();
        _endOfLoad.Dispose();
    }

    [Fact]
    public async Task ThreeGateways_SentinelFailoverThenPrimaryKilled_AllSwitchOnce_AndNothingFails()
    {
        using var set = await SentinelSet.StartAsync();
        await StartAsync(3, set.Config, "failback: { after: 10m }");
        await TogetherAsync(3);
        StartLoad();

        // 1. The master of Redis dies: nobody switches, and they hear one another again through the new one.
        set.Master.Kill();
        await Eventually.BecomeTrueAsync(async () => (await AgreeingAsync()).Any(static a => !a), Patience, "the loss is noticed");
        await Eventually.BecomeTrueAsync(
            async () => (await AgreeingAsync()).All(static a => a),
            TimeSpan.FromSeconds(60),
            "they agree again");
        await TogetherAsync(3);
        Assert.All(await TransitionsAsync(), Assert.Empty);

        // 2. The primary dies.
        _primary.StopListening();
        _primary.CloseConnections();
        await ServesAsync("standby");
        var transitions = await TransitionsAsync();
        Assert.All(transitions, static t => Assert.Equal("primary>standby failover", Assert.Single(t).What));
        var moments = transitions.Select(static t => t[0].At).Order().ToArray();
        Assert.InRange((moments[^1] - moments[0]).TotalSeconds, 0, 5);
        await NothingFailedAsync();

        // 3. It is written down, for whoever comes later.
        await Eventually.BecomeTrueAsync(
            async () => (await _gateways[0].StatusAsync())
                .GetProperty("fleet")
                .GetProperty("agreements")
                .EnumerateArray()
                .Any(static a => a.GetProperty("kind").GetString() == "failover"),
            Patience,
            "the agreement is shown");
    }

    [Fact]
    public async Task Failback_BeginsTogether_AndANewcomerJoins()
    {
        using var redis = await RedisServer.StartAsync();
        await StartAsync(3, EndpointsOf(redis), "failback: { after: 2s, ramp: 60s }");
        await TogetherAsync(3);
        _primary.Healthy = false;
        await ServesAsync("standby");
        _primary.Healthy = true;
        await ServesAsync("primary");

        // All are at the same place of one ramp, whoever saw the primary well first.
        await Eventually.BecomeTrueAsync(async () => await SharesAsync() is var shares
            && shares.Max() - shares.Min() < 0.05, Patience, "the ramps are in step");
        _gateways.Add(await InProcessGateway.StartAsync(ConfigOf(EndpointsOf(redis), "failback: { after: 2s, ramp: 60s }")));
        await Eventually.BecomeTrueAsync(async () => await SharesAsync() is var shares
            && shares.Max() - shares.Min() < 0.05, Patience, "the newcomer joins the ramp");
        Assert.All(
            (await TransitionsAsync()).Take(3),
            static t => Assert.Equal(["primary>standby failover", "standby>primary failback"], t.Select(static x => x.What)));
        Assert.Empty((await TransitionsAsync())[3]);
    }

    [Fact]
    public async Task CutOffFromRedis_GoesOnAlone_AndRejoins()
    {
        using var redis = await RedisServer.StartAsync();
        await using var relay = TcpRelay.Start(redis.Port);
        var cut = string.Create(CultureInfo.InvariantCulture, $"endpoints: [ 127.0.0.1:{relay.Port} ]");
        await StartAsync(2, EndpointsOf(redis), "failback: { after: 10m }");
        _gateways.Add(await InProcessGateway.StartAsync(ConfigOf(cut, "failback: { after: 10m }")));
        await TogetherAsync(3);
        StartLoad();

        // 1. Cut off: the others go on as two, it goes on alone, and nobody switches.
        await relay.SetDoorAsync(RelayDoor.Refuse);
        relay.ResetAll();
        await Eventually.BecomeTrueAsync(async () => await AgreeingAsync() is [true, true, false]
            && await CountAsync(0) == 2
            && await CountAsync(1) == 2, Patience, "the others see two");
        await Eventually.BecomeTrueAsync(async () => await AlarmsAsync(2) is { Length: > 0 } alarms
            && alarms.Contains("Redis", StringComparison.Ordinal), Patience, "the alarm shows");
        Assert.All(await TransitionsAsync(), Assert.Empty);

        // 2. What it sees itself it still acts on; a hold that is given meanwhile elsewhere it hears of when it is back.
        Assert.Equal(
            200,
            (await _gateways[0].PostAsync("/clusters/guide/hold", """{"tier":"standby","for":"10m","reason":"disk swap"}""")).Status);
        await Eventually.BecomeTrueAsync(async () => await _gateways[1].ServingAsync() == "standby", Patience, "the other one obeys");
        Assert.Equal("primary", await _gateways[2].ServingAsync());
        await relay.HealAsync();
        await TogetherAsync(3);
        await ServesAsync("standby");
        await NothingFailedAsync();
    }

    [Fact]
    public async Task EachFaultOfRedis_NoRequestFails_NobodySwitches_AndTheyAgreeAgain()
    {
        using var redis = await RedisServer.StartAsync(RedisServer.FreePort(),
        [
            "--maxmemory-policy",
            "noeviction",
            "--requirepass",
            "right"
        ], "right");
        using var elsewhere = await RedisServer.StartAsync();
        await StartAsync(2, EndpointsOf(redis) + ", password: right", "failback: { after: 10m }");
        await TogetherAsync(2);
        StartLoad();
        string Secret(string command) => redis.Command(command);

        await FaultAsync("killed", redis.Kill, redis.RunAsync);
        await FaultAsync("frozen", () => redis.Signal("STOP"), () => Done(() => redis.Signal("CONT")));
        await FaultAsync("full", () => Secret("CONFIG SET maxmemory 1"), () => Done(() => Secret("CONFIG SET maxmemory 0")));
        await FaultAsync("read-only", () => Secret($"REPLICAOF 127.0.0.1 {elsewhere.Port}"), () => Done(() => Secret("REPLICAOF NO ONE")));
        await FaultAsync(
            "wrong password",
            () =>
            {
                Secret("CONFIG SET requirepass other");
                RedisServer.Ask(redis.Port, "AUTH other\r\nCLIENT KILL TYPE normal SKIPME yes\r\n", skip: 1);
            },
            () => Done(() => RedisServer.Ask(redis.Port, "AUTH other\r\nCONFIG SET requirepass right\r\n", skip: 1)));

        // Emptied, or filled with what is not ours: nobody stops to agree, and operators are told.
        await OddityAsync("emptied", () => Secret("FLUSHALL"), "Redis lost what the gateways share");
        await OddityAsync("garbage", () => Secret("SET gateway:fleet:change:guide garbage"), "that no gateway of this kind wrote");
        await OddityAsync(
            "wrong types",
            () =>
            {
                foreach (var key in (string[])["change:guide", "hold:guide", "gateways", "purges"])
                {
                    Secret($"DEL gateway:fleet:{key}");
                    Secret($"{(key == "purges" ? "SADD" : "LPUSH")} gateway:fleet:{key} a");
                }
            },
            "that no gateway of this kind wrote");
        Secret("SADD gateway:fleet:gateways ghost");
        Secret("SET gateway:fleet:gateway:ghost noise");
        await TogetherAsync(2);
        Assert.All(await TransitionsAsync(), Assert.Empty);
        await NothingFailedAsync();
    }

    [Fact]
    public async Task HoldAndDrain_SetOnOne_AreInForceOnAll_AndSurviveTheRestartOfAll()
    {
        using var redis = await RedisServer.StartAsync();
        await using var second = new ScriptedUpstream();
        var config = ConfigOf(EndpointsOf(redis), "", [_primary.Url, second.Url]);
        await StartAsync(3, config);
        await TogetherAsync(3);
        Assert.Equal(
            200,
            (await _gateways[0].PostAsync("/clusters/guide/hold", """{"tier":"standby","for":"10m","reason":"disk swap"}""")).Status);
        Assert.Equal(200, (await _gateways[1].PostAsync($"/clusters/guide/destinations/127.0.0.1:{second.Port}/drain", "{}")).Status);
        Assert.Equal(
            200,
            (await _gateways[1].PostAsync($"/clusters/guide/destinations/127.0.0.1:{second.Port}/weight", "{\"weight\": 7}")).Status);
        await HeldAndDrainedAsync(held: true, drained: true);

        // All of them end and start again: what operators ordered stands.
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        _gateways.Clear();
        await StartAsync(3, config);
        await HeldAndDrainedAsync(held: true, drained: true);
        var hold = (await _gateways[1].StatusAsync()).GetProperty("clusters")[0].GetProperty("hold");
        Assert.Equal("disk swap", hold.GetProperty("reason").GetString());
        await WeighsAsync(7);
        Assert.InRange((hold.GetProperty("until").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalMinutes, 5, 10);

        // And it ends everywhere, whichever of them is told.
        Assert.Equal(200, (await _gateways[2].PostAsync("/clusters/guide/release", """{"force":true}""")).Status);
        Assert.Equal(200, (await _gateways[0].PostAsync($"/clusters/guide/destinations/127.0.0.1:{second.Port}/ready", "{}")).Status);
        Assert.Equal(
            200,
            (await _gateways[2].PostAsync($"/clusters/guide/destinations/127.0.0.1:{second.Port}/weight", """{"clear":true}""")).Status);
        await HeldAndDrainedAsync(held: false, drained: false);
        await WeighsAsync(1);
    }

    [Fact]
    public async Task Purge_AtOne_ReachesTheOthersMemory()
    {
        using var redis = await RedisServer.StartAsync();
        await StartAsync(2, ConfigOf(EndpointsOf(redis), "") + "    lastGood: {}\n");
        await TogetherAsync(2);
        foreach (var gateway in _gateways)
        {
            await Eventually.BecomeTrueAsync(
                async () =>
                {
                    await gateway.GetAsync("/a");
                    return await gateway.MetricAsync("gateway_last_good_entries") > 0;
                },
                Patience,
                "the response is kept");
        }

        Assert.Equal(200, await _gateways[0].DeleteAsync("/last-good?prefix=/a"));
        await Eventually.BecomeTrueAsync(
            async () => await _gateways[1].MetricAsync("gateway_last_good_entries") == 0,
            Patience,
            "the other one forgot it");
    }

    [Fact]
    public async Task Status_ShowsEachGateway_AndWarnsWhenRevisionsDiffer()
    {
        using var redis = await RedisServer.StartAsync();
        await StartAsync(1, EndpointsOf(redis), "");
        _gateways.Add(await InProcessGateway.StartAsync(ConfigOf(EndpointsOf(redis), "slo: 99.5%")));
        await TogetherAsync(2);
        var fleet = (await _gateways[0].StatusAsync()).GetProperty("fleet");
        Assert.Equal(2, fleet.GetProperty("gateways")
            .EnumerateArray()
            .Select(static g => g.GetProperty("revision").GetString())
            .Distinct()
            .Count());
        Assert.Equal(1, fleet.GetProperty("gateways").EnumerateArray().Count(static g => g.GetProperty("self").GetBoolean()));
        Assert.All(
            fleet.GetProperty("gateways").EnumerateArray(),
            static g => Assert.Equal("primary", g.GetProperty("clusters")[0].GetProperty("serving").GetString()));
        await Eventually.BecomeTrueAsync(
            async () => (await AlarmsAsync(0)).Contains("2 different configurations", StringComparison.Ordinal),
            Patience,
            "the warning shows");
        Assert.Equal(1, await _gateways[0].MetricAsync("gateway_redis_up"));
        var text =
            StatusText.Of(JsonSerializer.Deserialize<StatusReport>((await _gateways[0].StatusAsync()).GetRawText(), AdminJson.Options)!);
        Assert.Contains("Gateways: 2 decide together, epoch ", text, StringComparison.Ordinal);
        Assert.Contains("guide: primary\n", text, StringComparison.Ordinal);

        // One that ends is gone at once.
        await _gateways[1].DisposeAsync();
        _gateways.RemoveAt(1);
        await Eventually.BecomeTrueAsync(async () => await CountAsync(0) == 1 && (await AlarmsAsync(0)).Length == 0, Patience, "it left");
    }

    private static string EndpointsOf(RedisServer redis) => $"endpoints: [ {redis.Endpoint} ]";

    private static Task Done(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    private string ConfigOf(string redis, string cluster, IReadOnlyList<string>? primary = null) =>
        InProcessGateway.Config(primary
            ?? [_primary.Url], [_standby.Url], cluster: "    " + cluster, top: $"redis: {{ {redis} }}").TrimEnd() + "\n";

    private Task StartAsync(int count, string redis, string cluster) => StartAsync(count, ConfigOf(redis, cluster));

    private async Task StartAsync(int count, string config)
    {
        for (var i = 0; i < count; i++)
        {
            _gateways.Add(await InProcessGateway.StartAsync(config));
        }
    }

    // A light load on each: what counts is that no request fails, not how many there are.
    private void StartLoad()
    {
        foreach (var gateway in _gateways)
        {
            _load.Add(Task.Run(async () =>
            {
                using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
                while (await timer.WaitForNextTickAsync(_endOfLoad.Token)
                    .AsTask()
                    .ContinueWith(static t => t.IsCompletedSuccessfully && t.Result, TaskScheduler.Default))
                {
                    try
                    {
                        using var response = await gateway.Client.GetAsync(new Uri("/guide", UriKind.Relative), CancellationToken.None);
                        Interlocked.Increment(ref _answered);
                        if ((int)response.StatusCode != 200 || response.Headers.Contains("X-Fallback"))
                        {
                            _failed.Enqueue($"{response.StatusCode}");
                        }
                    }
                    catch (HttpRequestException e)
                    {
                        _failed.Enqueue(e.Message);
                    }
                }
            }));
        }
    }

    private async Task EndLoadAsync()
    {
        await _endOfLoad.CancelAsync();
        await Task.WhenAll(_load);
        _load.Clear();
    }

    private async Task NothingFailedAsync()
    {
        await EndLoadAsync();
        Assert.Empty(_failed);
        Assert.True(_answered > 20, $"Only {_answered} requests were made.");
    }

    private async Task FaultAsync(string name, Action breakIt, Func<Task> mendIt)
    {
        breakIt();
        await Eventually.BecomeTrueAsync(async () => await UpAsync() == 0
            && (await AgreeingAsync()).All(static a => !a), Patience, $"{name}: each decides alone, and gateway_redis_up says so");
        for (var i = 0; i < _gateways.Count; i++)
        {
            var which = i;
            await Eventually.BecomeTrueAsync(
                async () => (await AlarmsAsync(which)).Contains("Redis", StringComparison.Ordinal),
                Patience,
                $"{name}: the alarm shows");
        }

        await mendIt();
        await Eventually.BecomeTrueAsync(async () => await UpAsync() == _gateways.Count
            && (await AgreeingAsync()).All(static a => a), Patience, $"{name}: they agree again");
        await TogetherAsync(_gateways.Count);
        Assert.All(await TransitionsAsync(), t => Assert.True(t.Count == 0, $"{name}: {string.Join(", ", t)}"));
        Assert.True(_failed.IsEmpty, $"{name}: {string.Join(", ", _failed)}");
    }

    private async Task OddityAsync(string name, Action doIt, string words)
    {
        doIt();
        await Eventually.BecomeTrueAsync(
            async () => (await AlarmsAsync(0) + await AlarmsAsync(1)).Contains(words, StringComparison.Ordinal),
            Patience,
            $"{name}: the alarm says \"{words}\"");
        await TogetherAsync(_gateways.Count);
        Assert.All(await TransitionsAsync(), t => Assert.True(t.Count == 0, $"{name}: {string.Join(", ", t)}"));
    }

    private async Task WeighsAsync(int weight)
    {
        foreach (var gateway in _gateways)
        {
            await Eventually.BecomeTrueAsync(
                async () =>
                    (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty(
                        "destinations")[1].GetProperty("weight").GetInt32() == weight,
                Patience,
                $"weight {weight} on all");
        }
    }

    private async Task HeldAndDrainedAsync(bool held, bool drained)
    {
        foreach (var gateway in _gateways)
        {
            await Eventually.BecomeTrueAsync(
                async () =>
                {
                    var cluster = (await gateway.StatusAsync()).GetProperty("clusters")[0];
                    var hold = cluster.TryGetProperty("hold", out var h) && h.ValueKind == JsonValueKind.Object;
                    var serving = cluster.GetProperty("serving").GetString();
                    var draining = cluster.GetProperty("tiers")[0].GetProperty("destinations")[1].GetProperty("draining").GetBoolean();
                    return hold == held && (!held || serving == "standby") && draining == drained;
                },
                Patience,
                $"held {held} and drained {drained} on all");
        }
    }

    private Task ServesAsync(string tier) => Eventually.BecomeTrueAsync(
        async () =>
        {
            foreach (var gateway in _gateways)
            {
                if (await gateway.ServingAsync() != tier)
                {
                    return false;
                }
            }

            return true;
        },
        Patience,
        $"{tier} serves everywhere");

    private Task TogetherAsync(int count) => Eventually.BecomeTrueAsync(
        async () =>
        {
            for (var i = 0; i < _gateways.Count; i++)
            {
                if (await CountAsync(i) != count || !(await AgreeingAsync())[i])
                {
                    return false;
                }
            }

            return true;
        },
        Patience,
        $"{count} gateways hear one another");

    private async Task<bool[]> AgreeingAsync()
    {
        var all = new List<bool>();
        foreach (var gateway in _gateways)
        {
            all.Add((await gateway.StatusAsync()).GetProperty("fleet").GetProperty("agreeing").GetBoolean());
        }

        return [.. all];
    }

    // Those that are counted are those that vote: settled ones.
    private async Task<int> CountAsync(int gateway) =>
        (await _gateways[gateway].StatusAsync())
            .GetProperty("fleet")
            .GetProperty("gateways")
            .EnumerateArray()
            .Count(static g => g.GetProperty("clusters").GetArrayLength() > 0);

    private async Task<double> UpAsync()
    {
        var up = 0.0;
        foreach (var gateway in _gateways)
        {
            up += await gateway.MetricAsync("gateway_redis_up");
        }

        return up;
    }

    private async Task<string> AlarmsAsync(int gateway) =>
        string.Join(' ', (await _gateways[gateway].StatusAsync()).GetProperty("alarms").EnumerateArray().Select(static a => a.GetString()));

    private async Task<IReadOnlyList<IReadOnlyList<(string What, DateTimeOffset At)>>> TransitionsAsync()
    {
        var all = new List<IReadOnlyList<(string, DateTimeOffset)>>();
        foreach (var gateway in _gateways)
        {
            all.Add(await gateway.TransitionsAsync());
        }

        return all;
    }

    // The primary's share in percent of each gateway; 1: no ramp, and so out of step with those in one.
    private async Task<double[]> SharesAsync()
    {
        var shares = new List<double>();
        foreach (var gateway in _gateways)
        {
            shares.Add((await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("share").GetDouble());
        }

        return [.. shares];
    }
}
