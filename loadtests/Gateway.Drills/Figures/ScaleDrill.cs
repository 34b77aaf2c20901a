using System.Globalization;
using Gateway.Drills.Faults;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// What grows when there is more of something: gateways, destinations, routes, stored responses. One thing at a time is made more, and
/// what the gateways use is read from the kernel and from their own metrics.
/// </summary>
internal static class ScaleDrill
{
    private static readonly string[] Columns =
    [
        "what",
        "requests/s",
        "CPU us/request",
        "CPU idle",
        "MiB",
        "series",
        "metrics KiB",
        "probes/s"
    ];

    /// <summary>Runs it; returns the exit code.</summary>
    /// <param name="report">Where to tell.</param>
    /// <param name="rate">GET a second, over all gateways together.</param>
    /// <param name="warm">Load before, each time.</param>
    /// <param name="phase">How long each is measured, idle and under load.</param>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm, TimeSpan phase) =>
        report.Conclude("scale", await report.DuringAsync("scale", progress => MeasureAsync(report, rate, warm, phase, progress)));

    private static async Task<Verdict> MeasureAsync(Report report, double rate, TimeSpan warm, TimeSpan phase, Action<string> progress)
    {
        var verdict = new Verdict();
        var rows = new List<IReadOnlyList<string>>();

        // 1. Gateways: the same load, divided.
        var alone = 0.0;
        foreach (var gateways in (int[])[1, 2, 4])
        {
            progress($"gateways: {Text(gateways)}");
            await using var bed = await TestBed.StartAsync(new() { StartGateway = false });
            var found = await RunAsync(bed, gateways, new RecommendScenario(), rate, warm, phase);
            rows.Add(found.Row($"gateways: {Text(gateways)}"));
            verdict.Exactly($"failed with {Text(gateways)} gateways", found.Failed, 0);
            alone = gateways == 1 ? found.Probes : alone;
            verdict.AtMost($"probes with {Text(gateways)} gateways, as a multiple of one's", found.Probes / alone, gateways * 1.2);
        }

        // 2. Gateways that share a Redis: what they tell each other, and store.
        foreach (var gateways in RedisProcess.IsInstalled ? (int[])[1, 2, 4] : [])
        {
            progress($"gateways with Redis: {Text(gateways)}");
            await using var bed = await TestBed.StartAsync(new() { StartGateway = false });
            await using var redis = RedisProcess.Create();
            await redis.StartAsync();
            bed.Config.Set("redis", $"{{ endpoints: [ \"127.0.0.1:{Text(redis.Port)}\" ] }}");
            var found = await RunAsync(bed, gateways, new RecommendScenario(), rate, warm, phase, redis);
            rows.Add(found.Row($"gateways with Redis: {Text(gateways)}"));
            report.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"gateways with Redis: {gateways}: redis-server uses {found.RedisIdle:0.0%} of a core while they idle, "
                    + $"{found.RedisBusy:0.0%} under load"));
            verdict.Exactly($"failed with {Text(gateways)} gateways and Redis", found.Failed, 0);
        }

        // 3. Destinations: every one behind a relay of its own, so that few guides look like many.
        foreach (var destinations in (int[])[20, 60])
        {
            progress($"destinations: {Text(destinations)}");
            await using var bed = await TestBed.StartAsync(new() { StartGateway = false, Primaries = 1, Standbys = 1 });
            var relays = Enumerable.Range(0, destinations)
                .Select(i => TcpRelay.Start(i % 2 == 0 ? bed.Primaries[0].Port : bed.Standbys[0].Port))
                .ToList();
            try
            {
                foreach (var tier in (int[])[0, 1])
                {
                    bed.Config.Set(
                        $"clusters.ai-guide.tiers.{Text(tier)}.destinations",
                        $"[ "
                            + $"{string.Join(", ", relays.Where((_, i) => i % 2 == tier)
                                .Select(static relay => $"\"http://127.0.0.1:{Text(relay.Port)}\""))} ]");
                }

                var found = await RunAsync(bed, 1, new RecommendScenario(), rate, warm, phase);
                rows.Add(found.Row($"destinations: {Text(destinations)}"));
                verdict.Exactly($"failed with {Text(destinations)} destinations", found.Failed, 0);
            }
            finally
            {
                foreach (var relay in relays)
                {
                    await relay.DisposeAsync();
                }
            }
        }

        // 4. Routes: more of them beside the one that is asked for.
        foreach (var routes in (int[])[50, 200])
        {
            progress($"routes: {Text(routes)}");
            await using var bed = await TestBed.StartAsync(new() { StartGateway = false });
            for (var i = 0; i < routes; i++)
            {
                bed.Config.Set($"routes.more-{Text(i)}", $"{{ match: {{ path: \"/more/{Text(i)}/{{**rest}}\" }}, cluster: ai-guide }}");
            }

            var found = await RunAsync(bed, 1, new RecommendScenario(), rate, warm, phase);
            rows.Add(found.Row($"routes: {Text(routes)} more"));
            verdict.Exactly($"failed with {Text(routes)} more routes", found.Failed, 0);
        }

        // 5. Keys: as many stored responses as there are users.
        foreach (var keys in (int[])[1_000, 5_000])
        {
            progress($"keys: {Text(keys)}");
            await using var bed = await TestBed.StartAsync(new() { StartGateway = false });
            var enough = TimeSpan.FromSeconds(Math.Max(phase.TotalSeconds, keys / rate));
            var found = await RunAsync(bed, 1, new RecommendScenario(users: keys), rate, warm, enough);
            rows.Add(found.Row($"keys: {Text(keys)}"));
            report.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"keys: {found.Entries:0} stored responses take {found.StoredBytes / Math.Max(1, found.Entries):0} bytes each"));
            verdict.Exactly($"failed with {Text(keys)} keys", found.Failed, 0).AtLeast(
                $"stored responses with {Text(keys)} keys",
                found.Entries,
                keys);
        }

        report.Table(Columns, rows);
        return verdict;
    }

    private static async Task<Found> RunAsync(
        TestBed bed,
        int count,
        RecommendScenario scenario,
        double rate,
        TimeSpan warm,
        TimeSpan phase,
        RedisProcess? redis = null)
    {
        await using var siblings = await Siblings.StartAsync(bed, count);
        var gateways = siblings.Gateways;

        // 1. Warm, then idle: probes, ticks and nothing else.
        await LoadAsync(gateways, scenario, rate, warm);
        var (idleBefore, probesBefore) = (Cpu(gateways), await ProbesAsync(gateways));
        var redisBefore = redis?.Figures.Cpu ?? TimeSpan.Zero;
        await Task.Delay(phase, TimeProvider.System);
        var idle = (Cpu(gateways) - idleBefore) / phase;
        var probes = (await ProbesAsync(gateways) - probesBefore) / phase.TotalSeconds;

        var redisIdle = (redis?.Figures.Cpu ?? TimeSpan.Zero) - redisBefore;

        // 2. Under load.
        var before = Cpu(gateways);
        redisBefore = redis?.Figures.Cpu ?? TimeSpan.Zero;
        var ledgers = await LoadAsync(gateways, scenario, rate, phase);
        var cpu = Cpu(gateways) - before;
        var requests = ledgers.Sum(static ledger => ledger.Total);
        var page = await gateways[0].MetricsAsync();
        return new(
            requests / phase.TotalSeconds,
            cpu.TotalMicroseconds / requests,
            idle,
            gateways.Average(static gateway => gateway.Figures.ResidentBytes / 1048576.0),
            page.Samples.Count,
            await gateways[0].MetricsLengthAsync() / 1024.0,
            probes,
            ledgers.Sum(static ledger => ledger.Failed),
            page.Sum("gateway_last_good_entries"),
            page.Sum("gateway_last_good_bytes"),
            redisIdle / phase,
            ((redis?.Figures.Cpu ?? TimeSpan.Zero) - redisBefore) / phase);
    }

    private static Task<Ledger[]> LoadAsync(
        IReadOnlyList<GatewayProcess> gateways,
        RecommendScenario scenario,
        double rate,
        TimeSpan time) => Task.WhenAll(
        gateways.Select(gateway => LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(gateway.Url),
            Rate = RateProfile.Constant(rate / gateways.Count, time),
            Scenarios = [scenario]
        })));

    private static TimeSpan Cpu(IReadOnlyList<GatewayProcess> gateways) =>
        gateways.Aggregate(TimeSpan.Zero, static (sum, gateway) => sum + gateway.Figures.Cpu);

    private static async Task<double> ProbesAsync(IReadOnlyList<GatewayProcess> gateways) =>
        (await Task.WhenAll(gateways.Select(static gateway => gateway.MetricsAsync()))).Sum(static page =>
            page.Sum("gateway_probe_duration_seconds_count"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Found(
        double Rate,
        double CpuOfOne,
        double Idle,
        double Memory,
        int Series,
        double PageLength,
        double Probes,
        int Failed,
        double Entries,
        double StoredBytes,
        double RedisIdle,
        double RedisBusy)
    {
        public IReadOnlyList<string> Row(string what) =>
        [
            what, Format(Rate, "0"), Format(CpuOfOne, "0"), Format(Idle * 100, "0.0") + " %", Format(Memory, "0"), Format(Series, "0"),
            Format(PageLength, "0"), Format(Probes, "0.0"),
        ];

        private static string Format(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
    }
}
