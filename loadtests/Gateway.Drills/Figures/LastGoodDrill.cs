using System.Globalization;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// Everything dies under load: each user is given exactly the bytes of the last live response, and still is after the gateway itself was
/// killed and started again in the middle of the outage, and by a second gateway that shares nothing with the first but Redis.
/// </summary>
internal static class LastGoodDrill
{
    private const int Users = 50;
    private const string Host = "shop.example";

    // Load lasts until everything has been dead for long enough; how long the killing takes is up to the machine.
    private static readonly TimeSpan LongestKill = TimeSpan.FromSeconds(60);

    // One guide a tier, and no second attempts: so what a user was last given live is known to the byte.
    private static readonly (string, string?)[] Config = [("clusters.ai-guide.attempts.hedge", "off")];

    /// <summary>Runs it; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm)
    {
        var verdict = await report.DuringAsync(
            "last-good",
            progress => OutageAsync(rate, warm, TimeSpan.FromSeconds(5), Thresholds.DeadP99, progress));
        if (RedisProcess.IsInstalled)
        {
            verdict.Include(
                "through Redis",
                await report.DuringAsync(
                    "last-good through Redis",
                    progress => RedisAsync(rate, TimeSpan.FromSeconds(5), Thresholds.DeadP99, progress)));
        }
        else
        {
            report.Line("redis-server is not installed: the part through Redis is left out.");
        }

        return report.Conclude("last-good", verdict);
    }

    /// <summary>All guides are killed under load; then the gateway is, and is started again.</summary>
    /// <param name="rate">GET a second.</param>
    /// <param name="warm">Load before, while everything lives.</param>
    /// <param name="time">Load while everything is dead, before and again after the restart.</param>
    /// <param name="p99">What users may wait; null: not held, for tests on a busy machine.</param>
    /// <param name="progress">Told what is being done.</param>
    public static async Task<Verdict> OutageAsync(double rate, TimeSpan warm, TimeSpan time, TimeSpan? p99, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 1, Config = Config });
        var known = await KnownScenario.AskAsync(bed.Primaries[0].Url, Users);
        var target = LoadTarget.Parse(bed.Gateway.Url);

        progress("everything lives");
        await Timeline.WarmAsync(bed, rate, warm, known);
        var run = LoadRun.Start(new()
        {
            Target = target,
            Rate = RateProfile.Constant(rate, LongestKill + time),
            Scenarios = [known]
        });
        await run.UntilAsync(TimeSpan.FromSeconds(1));

        progress("everything is killed");
        await bed.Standbys[0].KillAsync();
        await bed.Primaries[0].KillAsync();
        var dead = run.Elapsed;
        await run.UntilAsync(dead + time);
        run.Stop();
        var ledger = await run.Completion;
        var verdict = Judge(new Verdict(), "", ledger, ledger.Between(dead, TimeSpan.FromDays(1)), p99);

        progress("the gateway is killed and started again");
        await bed.Gateway.KillAsync();
        await bed.Gateway.StartAsync();
        var again = await LoadRun.RunAsync(new() { Target = target, Rate = RateProfile.Constant(rate, time), Scenarios = [known] });
        return Judge(verdict, "after kill -9 and restart: ", again, again, p99);
    }

    /// <summary>A second gateway, started when everything is dead, that never saw a request.</summary>
    public static async Task<Verdict> RedisAsync(double rate, TimeSpan time, TimeSpan? p99, Action<string> progress)
    {
        await using var redis = RedisProcess.Create();
        await redis.StartAsync();
        var endpoint = "127.0.0.1:" + redis.Port.ToString(CultureInfo.InvariantCulture);
        await using var bed = await TestBed.StartAsync(new()
        {
            Primaries = 1,
            Standbys = 1,
            Config = [.. Config, ("redis.endpoints", $"[ \"{endpoint}\" ]")]
        });
        var known = await KnownScenario.AskAsync(bed.Primaries[0].Url, Users);

        progress("the first gateway answers");
        var first = await LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(bed.Gateway.Url, host: Host),
            Rate = RateProfile.Constant(100, TimeSpan.FromSeconds(2)),
            Scenarios = [known]
        });
        var up = (await bed.Gateway.MetricsAsync()).Sum("gateway_redis_up");
        await bed.Standbys[0].KillAsync();
        await bed.Primaries[0].KillAsync();
        await bed.Gateway.KillAsync();

        progress("the second gateway starts");
        var (port, adminPort) = (FreePorts.Next(), FreePorts.Next());
        var file = Path.Combine(bed.Folder, "second.yaml");
        await File.WriteAllTextAsync(file, bed.Config
            .Set("listen", $"[ {{ url: \"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}\" }} ]")
            .Set("admin.url", $"http://127.0.0.1:{adminPort.ToString(CultureInfo.InvariantCulture)}")
            .Set("state", Path.Combine(bed.Folder, "second-state"))
            .ToString());
        await using var second = GatewayProcess.Create(file, port, adminPort);
        await second.StartAsync();
        var ledger = await LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(second.Url, host: Host),
            Rate = RateProfile.Constant(rate, time),
            Scenarios = [known]
        });
        var verdict = new Verdict().Exactly(
            "live from the first gateway",
            first.Count(Outcome.Live),
            first.Total).Exactly("gateway_redis_up", up, 1);
        return Judge(verdict, "", ledger, ledger, p99);
    }

    private static Verdict Judge(Verdict verdict, string what, Ledger all, Ledger dead, TimeSpan? p99)
    {
        verdict
            .Exactly(what + "failed", all.Failed, 0)
            .Exactly(what + "not byte-identical", all.Count(Outcome.WrongBody), 0)
            .Exactly(what + "live or last good", all.Count(Outcome.Live) + all.Count(Outcome.LastGood), all.Total)
            .AtLeast(what + "asked while everything was dead", dead.Total, Users)
            .Exactly(what + "last good while everything was dead", dead.Count(Outcome.LastGood), dead.Total);
        return p99 is { } limit
            ? verdict.Within(what + "p99 while everything was dead", dead.Latencies().P99, limit).Within(what
                + "lateness of the generator (p99)", dead.Lateness().P99, Thresholds.GeneratorLateness)
            : verdict;
    }
}
