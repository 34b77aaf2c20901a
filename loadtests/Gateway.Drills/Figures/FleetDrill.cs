using System.Globalization;
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
        await using var fleet = await DrilledFleet.StartAsync(
            bed, ("redis.endpoints", $"[ \"{redis.Endpoint}\" ]"), ("redis.password", "right"));
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
        (string Name, bool Parts, Func<Task> Break, Func<Task> Recover)[] faults =
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
        await using var fleet = await DrilledFleet.StartAsync(
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
    private static async Task<int> ToldAsync(Report report, DrilledFleet fleet, DateTimeOffset since)
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
}
