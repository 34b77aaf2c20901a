using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>Three gateways before the guides of one test bed.</summary>
internal sealed class DrilledFleet(IReadOnlyList<GatewayProcess> gateways) : IAsyncDisposable
{
    /// <summary>The number of the last gateway.</summary>
    public const int Last = 2;

    private static readonly HttpClient Http = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>The numbers of all gateways but the last.</summary>
    public static IEnumerable<int> Others => Enumerable.Range(0, Last);

    public static Task<DrilledFleet> StartAsync(TestBed bed, params (string Path, string Yaml)[] config) => StartAsync(bed, [], config);

    /// <param name="bed">The guides.</param>
    /// <param name="last">What only the last gateway is configured with.</param>
    /// <param name="config">What all are configured with.</param>
    public static async Task<DrilledFleet> StartAsync(
        TestBed bed, (string Path, string Yaml)[] last, params (string Path, string Yaml)[] config)
    {
        foreach (var (path, yaml) in config)
        {
            bed.Config.Set(path, yaml);
        }

        var gateways = new List<GatewayProcess>();
        for (var i = 1; i <= 3; i++)
        {
            var (port, adminPort) = (FreePorts.Next(), FreePorts.Next());
            foreach (var (path, yaml) in i == 3 ? last : [])
            {
                bed.Config.Set(path, yaml);
            }

            var file = Path.Combine(bed.Folder, $"gateway-{i.ToString(CultureInfo.InvariantCulture)}.yaml");
            await File.WriteAllTextAsync(file, bed.Config
                .Set("listen", $"[ {{ url: \"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}\" }} ]")
                .Set("admin.url", $"http://127.0.0.1:{adminPort.ToString(CultureInfo.InvariantCulture)}")
                .Set("state", Path.Combine(bed.Folder, $"state-{i.ToString(CultureInfo.InvariantCulture)}"))
                .ToString());
            gateways.Add(GatewayProcess.Create(file, port, adminPort));
        }

        var fleet = new DrilledFleet(gateways);
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
    /// <param name="rate">In a second.</param>
    /// <param name="time">How long.</param>
    /// <param name="on">The numbers of the gateways; null: all.</param>
    public async Task<FleetLoad> LoadAsync(double rate, TimeSpan time, int[]? on = null)
    {
        var ledgers =
            await Task.WhenAll(Of(on).Select(g => LoadRun.RunAsync(new()
            {
                Target = LoadTarget.Parse(g.Url),
                Rate = RateProfile.Constant(rate / gateways.Count, time),
                Scenarios = [new RecommendScenario()]
            })));
        return new FleetLoad(
            ledgers.Sum(static l => l.Total - l.Count(Outcome.Live)),
            ledgers.Max(static l => l.Latencies().P99),
            ledgers.Max(static l => l.Lateness().P99));
    }

    /// <summary>How long it took until every gateway said so.</summary>
    public async Task<TimeSpan> UntilAsync(Predicate<FleetGatewayState> says, TimeSpan within, string what)
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

    /// <summary>How long it took until a gateway was ready, or was not.</summary>
    public async Task<TimeSpan> UntilReadyAsync(int gateway, bool ready, TimeSpan within)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            using var response = await Http.GetAsync(gateways[gateway].AdminUrl + "/readyz");
            if (response.IsSuccessStatusCode == ready)
            {
                return Stopwatch.GetElapsedTime(began);
            }

            if (Stopwatch.GetElapsedTime(began) > within)
            {
                var wrote = string.Join('\n', gateways[gateway].Output.Split('\n').TakeLast(40));
                throw new TimeoutException(
                    $"Not within {within.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: {gateways[gateway].Name} is "
                        + $"{(ready ? "" : "not ")}ready. It wrote:\n{wrote}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    public async Task PostAsync(int gateway, string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(gateways[gateway].AdminUrl + path, content);
        response.EnsureSuccessStatusCode();
    }

    public async Task RestartAsync()
    {
        await Task.WhenAll(gateways.Select(static g => g.TerminateAsync(TimeSpan.FromSeconds(20))));
        await Task.WhenAll(gateways.Select(static g => g.StartAsync()));
    }

    /// <summary>All transitions of gateways since a moment, by their journals.</summary>
    /// <param name="since">The moment.</param>
    /// <param name="of">The numbers of the gateways; null: all.</param>
    public async Task<IReadOnlyList<(string Reason, DateTimeOffset At, string Evidence)>> TransitionsAsync(
        DateTimeOffset since, int[]? of = null)
    {
        var pages = await Task.WhenAll(Of(of).Select(static g => Http.GetStringAsync($"{g.AdminUrl}/journal?count=200")));
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

    private IEnumerable<GatewayProcess> Of(int[]? numbers) => numbers?.Select(number => gateways[number]) ?? gateways;

    private static async Task<FleetGatewayState> SaysAsync(GatewayProcess gateway)
    {
        var status = JsonDocument.Parse(await gateway.StatusAsync()).RootElement;
        var fleet = status.GetProperty("fleet");
        var cluster = status.GetProperty("clusters")[0];
        return new FleetGatewayState(
            fleet.GetProperty("agreeing").GetBoolean(),
            fleet.GetProperty("gateways").GetArrayLength(),
            cluster.TryGetProperty("serving", out var serving) ? serving.GetString() ?? "" : "",
            cluster.TryGetProperty("hold", out var hold) && hold.ValueKind == JsonValueKind.Object,
            string.Join(' ', status.GetProperty("alarms").EnumerateArray().Select(static a => a.GetString())));
    }
}

/// <summary>What one gateway says of itself.</summary>
internal sealed record FleetGatewayState(bool Agreeing, int Gateways, string Serving, bool Held, string Alarms)
{
    public bool Serves(string tier) => string.Equals(Serving, tier, StringComparison.Ordinal);
}

/// <summary>What a load of all gateways came to: the worst gateway's percentiles.</summary>
internal sealed record FleetLoad(int Failed, TimeSpan P99, TimeSpan Lateness);
