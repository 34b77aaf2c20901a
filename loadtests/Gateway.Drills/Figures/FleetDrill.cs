using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// Three gateways, real Redis and sentinels, under load: each fault of Redis in turn may cost no request, no time and no switch; an
/// operator's hold is in force on all at once and outlives their restart; and when the primary dies, or returns, they change together.
/// </summary>
internal static class FleetDrill
{
    private static readonly TimeSpan RetryWhenMachineBusy = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan FaultAt = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FaultLasts = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs it; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm)
    {
        if (!RedisProcess.IsInstalled || !SentinelProcess.IsInstalled)
        {
            throw new InvalidOperationException("redis-server and redis-sentinel are needed: apt-get install redis-server redis-sentinel.");
        }

        var verdict = await report.DuringAsync("fleet", progress => FaultsAsync(report, rate, warm, progress));
        verdict.Include(
            "sentinels",
            await report.DuringAsync("fleet with sentinels", progress => SentinelsAsync(report, rate, warm, progress)));
        return report.Conclude("fleet", verdict);
    }

    // One Redis, and everything that can befall it.
    private static async Task<Verdict> FaultsAsync(Report report, double rate, TimeSpan warm, Action<string> progress)
    {
        await using var redis = RedisProcess.Create();
        await using var elsewhere = RedisProcess.Create();
        await redis.StartAsync();
        await elsewhere.StartAsync();
        await redis.TellAsync("CONFIG SET requirepass right");
        await using var bed = await TestBed.StartAsync(new() { StartGateway = false });
        await using var fleet = await Fleet.StartAsync(bed, ("redis.endpoints", $"[ \"{redis.Endpoint}\" ]"), ("redis.password", "right"));
        await fleet.UntilAsync(static s => s.Agreeing && s.Gateways == 3, Patience, "they hear one another");
        progress("warming up");
        await fleet.LoadAsync(rate, warm);
        progress("undisturbed");
        var began = TimeProvider.System.GetUtcNow();
        var quiet = await fleet.LoadAsync(rate, RetryWhenMachineBusy);
        report.Line($"undisturbed: p99 {Verdict.Text(quiet.P99)}, failed {quiet.Failed}");
        var verdict = new Verdict().Exactly("undisturbed: failed", quiet.Failed, 0).Within(
            "lateness of the generator (p99)",
            quiet.Lateness,
            Thresholds.GeneratorLateness);
        Task Secret(string command) => redis.TellAsync("AUTH right", command);
        (string Name, bool Parts, Func<Task> Break, Func<Task> Mend)[] faults =
        [
            ("killed", true, redis.KillAsync, async () =>
            {
                await redis.StartAsync();
                await redis.TellAsync("CONFIG SET requirepass right");
            }),
            ("frozen", true, () => Done(redis.Freeze), () => Done(redis.Thaw)),
            ("full", true, () => Secret("CONFIG SET maxmemory 1"), () => Secret("CONFIG SET maxmemory 0")),
            (
                "read-only replica",
                true,
                () => Secret($"REPLICAOF 127.0.0.1 {elsewhere.Port.ToString(CultureInfo.InvariantCulture)}"),
                () => Secret("REPLICAOF NO ONE")),
            ("wrong password", true, async () =>
            {
                await Secret("CONFIG SET requirepass other");
                await redis.TellAsync("AUTH other", "CLIENT KILL TYPE normal SKIPME yes");
            }, () => redis.TellAsync("AUTH other", "CONFIG SET requirepass right")),
            ("emptied", false, () => Secret("FLUSHALL"), static () => Task.CompletedTask),
            ("garbage", false, () => Secret("SET gateway:fleet:verdict:ai-guide garbage"), static () => Task.CompletedTask),
        ];
        foreach (var (name, parts, breakIt, mendIt) in faults)
        {
            progress(name);
            await fleet.UntilAsync(static s => s.Agreeing
                && s.Alarms.Length == 0, TimeSpan.FromSeconds(60), $"before {name}: nothing is wrong");
            var loading = fleet.LoadAsync(rate, TimeSpan.FromSeconds(16));
            await Task.Delay(FaultAt, TimeProvider.System);
            var lasts = Task.Delay(FaultLasts, TimeProvider.System);
            await breakIt();
            var alarm = await fleet.UntilAsync(s => s.Agreeing == !parts
                && s.Alarms.Contains("Redis", StringComparison.Ordinal), Patience, $"{name}: the alarm shows");
            await lasts;
            await mendIt();
            var agreed = await fleet.UntilAsync(static s => s.Agreeing && s.Gateways == 3, Patience, $"{name}: they agree again");
            var seen = await loading;
            report.Line(
                $"{name}: failed {seen.Failed}, p99 {Verdict.Text(seen.P99)} (undisturbed {Verdict.Text(quiet.P99)}), alarm after "
                    + $"{Verdict.Text(alarm)}, agreed again after {Verdict.Text(agreed)}");
            verdict
                .Exactly($"{name}: failed", seen.Failed, 0)
                .Within($"{name}: p99", seen.P99, quiet.P99 + Thresholds.RedisCost)
                .Within($"{name}: alarm", alarm, Thresholds.RedisAlarm)
                .Within($"{name}: agreed again", agreed, Thresholds.RedisAgreement);
        }

        verdict.Exactly("transitions", await ToldAsync(report, fleet, began), 0);

        // An operator's hold.
        progress("hold");
        await fleet.PostAsync(0, "/clusters/ai-guide/hold", """{"tier":"standby","for":"10m","reason":"drill"}""");
        verdict.Within("a hold is in force on all", await fleet.UntilAsync(static s => s.Held
            && s.Serves("standby"), Patience, "the hold is in force"), Thresholds.HoldWithin);
        await fleet.RestartAsync();
        verdict.Within("a hold is in force after the restart of all", await fleet.UntilAsync(static s => s.Held
            && s.Serves("standby"), Patience, "the hold outlives them"), Thresholds.RedisAgreement);
        return verdict;
    }

    // A master, a replica and three sentinels: the master dies, then the primaries die and return.
    private static async Task<Verdict> SentinelsAsync(Report report, double rate, TimeSpan warm, Action<string> progress)
    {
        await using var master = RedisProcess.Create();
        await master.StartAsync();
        await using var replica = RedisProcess.Create("--replicaof", $"127.0.0.1 {master.Port.ToString(CultureInfo.InvariantCulture)}");
        await replica.StartAsync();
        await using var bed = await TestBed.StartAsync(new()
        {
            StartGateway = false,
            Config = [("clusters.ai-guide.failback", "{ after: 3s, ramp: 5s }")]
        });
        await using var sentinels = await SentinelProcess.StartSetAsync(bed.Folder, master.Port);
        await using var fleet = await Fleet.StartAsync(
            bed,
            (
                "redis.sentinel",
                $"{{ service: shop, endpoints: [ {string.Join(", ", sentinels.Endpoints.Select(static e => $"\"{e}\""))} ] }}"));
        await fleet.UntilAsync(static s => s.Agreeing && s.Gateways == 3, Patience, "they hear one another");
        progress("warming up");
        await fleet.LoadAsync(rate, warm);
        progress("undisturbed");
        var began = TimeProvider.System.GetUtcNow();
        var quiet = await fleet.LoadAsync(rate, RetryWhenMachineBusy);
        progress("the master is killed");
        var loading = fleet.LoadAsync(rate, TimeSpan.FromSeconds(16));
        await Task.Delay(FaultAt, TimeProvider.System);
        await master.KillAsync();
        var alarm = await fleet.UntilAsync(static s => s.Alarms.Contains("Redis", StringComparison.Ordinal), Patience, "the alarm shows");
        await sentinels.UntilMasterIsAsync(replica.Port, Patience);
        var agreed = await fleet.UntilAsync(static s => s.Agreeing && s.Gateways == 3, Patience, "they agree again");
        var seen = await loading;
        report.Line(
            $"sentinel failover: failed {seen.Failed}, p99 {Verdict.Text(seen.P99)} (undisturbed {Verdict.Text(quiet.P99)}), alarm after "
                + $"{Verdict.Text(alarm)}, agreed {Verdict.Text(agreed)} after the promotion");
        var verdict = new Verdict()
            .Exactly("failover of Redis: failed", seen.Failed, 0)
            .Within("failover of Redis: p99", seen.P99, quiet.P99 + Thresholds.RedisCost)
            .Within("failover of Redis: alarm", alarm, Thresholds.RedisAlarm)
            .Within("failover of Redis: agreed after the promotion", agreed, Thresholds.RedisAgreement)
            .Exactly("failover of Redis: transitions", await ToldAsync(report, fleet, began), 0);

        progress("the primaries are killed, and return");
        began = TimeProvider.System.GetUtcNow();
        loading = fleet.LoadAsync(rate, TimeSpan.FromSeconds(18));
        await Task.Delay(FaultAt, TimeProvider.System);
        await Task.WhenAll(bed.Primaries.Select(static p => p.KillAsync()));
        await fleet.UntilAsync(static s => s.Serves("standby"), Patience, "all switch");
        await Task.WhenAll(bed.Primaries.Select(static p => p.StartAsync()));
        await fleet.UntilAsync(static s => s.Serves("primary"), Patience, "all return");
        seen = await loading;
        var transitions = await fleet.TransitionsAsync(began);
        TimeSpan? Spread(string reason) =>
            transitions.Where(t => string.Equals(t.Reason, reason, StringComparison.Ordinal))
                .Select(static t => t.At)
                .ToArray() is { Length: 3 } moments ? moments.Max() - moments.Min() : null;
        report.Line(
            $"primaries killed: failed {seen.Failed}, p99 {Verdict.Text(seen.P99)}; switched within "
                + $"{Verdict.Text(Spread("failover") ?? Patience)} of each other, returned within "
                + $"{Verdict.Text(Spread("failback") ?? Patience)}");
        return verdict
            .Exactly("primaries killed: failed", seen.Failed, 0)
            .Within("primaries killed: p99", seen.P99, Thresholds.KilledP99)
            .Within("primaries killed: all switched within", Spread("failover"), Thresholds.FleetSpread)
            .Within("primaries back: all returned within", Spread("failback"), Thresholds.FleetSpread)
            .Exactly("primaries killed and back: transitions", transitions.Count, 6);
    }

    // How many transitions there were, where there should be none: each with its evidence, since that says whether it was real.
    private static async Task<int> ToldAsync(Report report, Fleet fleet, DateTimeOffset since)
    {
        var transitions = await fleet.TransitionsAsync(since);
        foreach (var (reason, at, evidence) in transitions)
        {
            report.Line(string.Create(CultureInfo.InvariantCulture, $"unexpected at {at:HH:mm:ss.fff}: {reason}: {evidence}"));
        }

        return transitions.Count;
    }

    private static Task Done(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    /// <summary>What one gateway says of itself.</summary>
    private sealed record Said(bool Agreeing, int Gateways, string Serving, bool Held, string Alarms)
    {
        public bool Serves(string tier) => string.Equals(Serving, tier, StringComparison.Ordinal);
    }

    /// <summary>What a load of all gateways came to: the worst gateway's percentiles.</summary>
    private sealed record Seen(int Failed, TimeSpan P99, TimeSpan Lateness);

    /// <summary>Three gateways before the guides of one test bed.</summary>
    private sealed class Fleet(IReadOnlyList<GatewayProcess> gateways) : IAsyncDisposable
    {
        private static readonly HttpClient Http = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(5) };

        public static async Task<Fleet> StartAsync(TestBed bed, params (string Path, string Yaml)[] config)
        {
            foreach (var (path, yaml) in config)
            {
                bed.Config.Set(path, yaml);
            }

            var gateways = new List<GatewayProcess>();
            for (var i = 1; i <= 3; i++)
            {
                var (port, adminPort) = (FreePorts.Next(), FreePorts.Next());
                var file = Path.Combine(bed.Folder, $"gateway-{i.ToString(CultureInfo.InvariantCulture)}.yaml");
                await File.WriteAllTextAsync(file, bed.Config
                    .Set("listen", $"[ {{ url: \"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}\" }} ]")
                    .Set("admin.url", $"http://127.0.0.1:{adminPort.ToString(CultureInfo.InvariantCulture)}")
                    .Set("state", Path.Combine(bed.Folder, $"state-{i.ToString(CultureInfo.InvariantCulture)}"))
                    .ToString());
                gateways.Add(GatewayProcess.Create(file, port, adminPort));
            }

            var fleet = new Fleet(gateways);
            try
            {
                await Task.WhenAll(gateways.Select(static g => g.StartAsync()));
                return fleet;
            }
            catch
            {
                await fleet.DisposeAsync();
                throw;
            }
        }

        /// <summary>A third of the rate on each.</summary>
        public async Task<Seen> LoadAsync(double rate, TimeSpan time)
        {
            var ledgers =
                await Task.WhenAll(gateways.Select(g => LoadRun.RunAsync(new()
                {
                    Target = LoadTarget.Parse(g.Url),
                    Rate = RateProfile.Constant(rate / gateways.Count, time),
                    Scenarios = [new RecommendScenario()]
                })));
            return new Seen(
                ledgers.Sum(static l => l.Total - l.Count(Outcome.Live)),
                ledgers.Max(static l => l.Latencies().P99),
                ledgers.Max(static l => l.Lateness().P99));
        }

        /// <summary>How long it took until every gateway said so.</summary>
        public async Task<TimeSpan> UntilAsync(Predicate<Said> says, TimeSpan within, string what)
        {
            var began = Stopwatch.GetTimestamp();
            while (true)
            {
                var all = await Task.WhenAll(gateways.Select(SaysAsync));
                if (Array.TrueForAll(all, says))
                {
                    return Stopwatch.GetElapsedTime(began);
                }

                if (Stopwatch.GetElapsedTime(began) > within)
                {
                    throw new TimeoutException(
                        $"Not within {within.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: {what}. The gateways say: "
                            + $"{string.Join("; ", all.Select(static s => s.ToString()))}\n"
                            + $"{string.Join('\n', gateways.Where((_, i) => !says(all[i]))
                                .Select(static g =>
                                $"{g.Name} at {g.Url} wrote:\n{string.Join('\n', g.Output.Split('\n').TakeLast(40))}"))}");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }

        public async Task PostAsync(int gateway, string path, string json)
        {
            using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
            using var answer = await Http.PostAsync(gateways[gateway].AdminUrl + path, content);
            answer.EnsureSuccessStatusCode();
        }

        public async Task RestartAsync()
        {
            await Task.WhenAll(gateways.Select(static g => g.TerminateAsync(TimeSpan.FromSeconds(20))));
            await Task.WhenAll(gateways.Select(static g => g.StartAsync()));
        }

        /// <summary>All transitions of all gateways since a moment, by their journals.</summary>
        public async Task<IReadOnlyList<(string Reason, DateTimeOffset At, string Evidence)>> TransitionsAsync(DateTimeOffset since)
        {
            var pages = await Task.WhenAll(gateways.Select(static g => Http.GetStringAsync($"{g.AdminUrl}/journal?count=200")));
            return
            [
                .. pages.SelectMany(static page => JsonDocument.Parse(page).RootElement.EnumerateArray())
                    .Where(static e => string.Equals(e.GetProperty("kind").GetString(), "transition", StringComparison.Ordinal))
                    .Select(static e => (e.GetProperty("reason").GetString()
                        ?? "", e.GetProperty("at").GetDateTimeOffset(), e.GetProperty("text").GetString() ?? ""))
                    .Where(t => t.Item2 >= since),
            ];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var gateway in gateways)
            {
                await gateway.DisposeAsync();
            }
        }

        private static async Task<Said> SaysAsync(GatewayProcess gateway)
        {
            var status = JsonDocument.Parse(await gateway.StatusAsync()).RootElement;
            var fleet = status.GetProperty("fleet");
            var cluster = status.GetProperty("clusters")[0];
            return new Said(
                fleet.GetProperty("agreeing").GetBoolean(),
                fleet.GetProperty("gateways").GetArrayLength(),
                cluster.TryGetProperty("serving", out var serving) ? serving.GetString() ?? "" : "",
                cluster.TryGetProperty("hold", out var hold) && hold.ValueKind == JsonValueKind.Object,
                string.Join(' ', status.GetProperty("alarms").EnumerateArray().Select(static a => a.GetString())));
        }
    }
}
