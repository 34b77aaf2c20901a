using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Drills.Processes;
using Gateway.Hosting;
using Xunit;

namespace Gateway.Tests.Support;

/// <summary>
/// A whole gateway in this process, on free ports, with its files in a temporary folder. It is ready when it is handed out.
/// </summary>
internal sealed class InProcessGateway : IAsyncDisposable
{
    private const string TlsListen = "  - { url: \"https://127.0.0.1:0\", certificate: { file: FOLDER/cert.pem, key: FOLDER/key.pem } }";

    private readonly string _folder;
    private readonly GatewayHost _host;
    private readonly HttpClient _operators = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(10) };
    private bool _stopped;

    private InProcessGateway(string folder, GatewayHost host)
    {
        _folder = folder;
        _host = host;
        Url = new Uri(host.Addresses.First());
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = Url,
            Timeout = TimeSpan.FromSeconds(30)
        };
    }

    /// <summary>The users' address.</summary>
    public Uri Url { get; }

    /// <summary>The operators' address.</summary>
    public Uri AdminUrl =>
        _host.AdminAddress.Host == "0.0.0.0" ? new UriBuilder(_host.AdminAddress) { Host = "127.0.0.1" }.Uri : _host.AdminAddress;

    /// <summary>A user.</summary>
    public HttpClient Client { get; }

    public string ConfigFile => Path.Combine(_folder, "gateway.yaml");

    /// <summary>
    /// A configuration with one cluster, <c>guide</c>, of two tiers. Probes are quick, failover keeps to probes and traffic as by default,
    /// and hedging is off unless a test asks for it.
    /// </summary>
    /// <param name="primary">Addresses of the first tier.</param>
    /// <param name="standby">Addresses of the second tier; null: there is none.</param>
    /// <param name="cluster">Lines of the cluster, with their indentation of four.</param>
    /// <param name="route">Lines of the only route, with their indentation of four.</param>
    /// <param name="attempts">Keys of <c>attempts</c>, as a flow mapping's inside.</param>
    /// <param name="top">Lines of the file's top.</param>
    public static string Config(
        IEnumerable<string> primary,
        IEnumerable<string>? standby = null,
        string cluster = "",
        string route = "",
        string attempts = "hedge: off",
        string top = "",
        string listen = "  - url: http://127.0.0.1:0") => $$"""
        version: 1
        listen:
        {{listen}}
        admin: { url: "http://127.0.0.1:0" }
        state: FOLDER/state
        staticFallback: FOLDER/static
        {{top}}
        clusters:
          guide:
            tiers:
              - { name: primary, destinations: [ {{string.Join(", ", primary)}} ] }
        {{(standby is null ? "" : $"      - {{ name: standby, destinations: [ {string.Join(", ", standby)} ] }}")}}
            probe: { interval: 500ms, timeout: 400ms, rise: 1 }
            attempts: { {{attempts}} }
        {{cluster}}
        routes:
          all:
            match: { path: "/{**rest}" }
            cluster: guide
        {{route}}
        """;

    /// <summary>Starts one.</summary>
    /// <param name="config">The file; <c>FOLDER</c> in it stands for the temporary folder.</param>
    /// <param name="files">More files in that folder, by name.</param>
    /// <param name="longestPause">How long a client may take next to nothing of a response.</param>
    /// <param name="stopWithin">How long requests may take to finish when it stops.</param>
    /// <param name="warmUp">How long its own requests may take before it is ready.</param>
    /// <param name="environment">The environment's variables; null: there is none.</param>
    public static async Task<InProcessGateway> StartAsync(
        string config,
        IReadOnlyDictionary<string, string>? files = null,
        TimeSpan? stopWithin = null,
        TimeSpan? longestPause = null,
        TimeSpan warmUp = default,
        Func<string, string?>? environment = null)
    {
        environment ??= static _ => null;
        var folder = Directory.CreateTempSubdirectory("gateway-test-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "static"));
        foreach (var (name, content) in files ?? new Dictionary<string, string>())
        {
            var file = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, content);
        }

        var path = Path.Combine(folder, "gateway.yaml");
        await File.WriteAllTextAsync(path, config.Replace("FOLDER", folder, StringComparison.Ordinal));
        var (loaded, _) = StartConfiguration.Of(ConfigLoader.Load(path, environment), path, environment);
        Assert.True(loaded.Config is not null, string.Join('\n', loaded.Problems));
        var host = new GatewayHost(loaded, path, environment, TimeProvider.System, longestPause: longestPause)
        {
            StopWithin = stopWithin ?? TimeSpan.FromSeconds(30),
            WarmUpWithin = warmUp
        };
        await host.StartAsync(CancellationToken.None);
        var gateway = new InProcessGateway(folder, host);
        var ready = false;
        for (var tries = 0; tries < 1000 && !ready; tries++)
        {
            ready = await gateway.AdminStatusAsync("/readyz") == 200;
            if (!ready)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }
        }

        Assert.True(ready, "The gateway was not ready within 10 s.");
        return gateway;
    }

    /// <summary>Starts one whose public listener speaks TLS, with a certificate that this process trusts.</summary>
    /// <param name="config">The file, with the usual port, which becomes an https port.</param>
    /// <param name="longestPause">As for <see cref="StartAsync"/>.</param>
    /// <param name="more">More files in the temporary folder, by name.</param>
    public static async Task<InProcessGateway> StartTlsAsync(
        string config,
        TimeSpan? longestPause = null,
        IReadOnlyDictionary<string, string>? more = null)
    {
        using var certificate = TestAuthority.Issue("127.0.0.1");
        var files = new Dictionary<string, string>(more ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            ["cert.pem"] = certificate.ExportCertificatePem(),
            ["key.pem"] = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
        };
        return await StartAsync(
            config.Replace("  - url: http://127.0.0.1:0", TlsListen, StringComparison.Ordinal),
            files,
            longestPause: longestPause);
    }

    /// <summary>Replaces the configuration file; the gateway watches it.</summary>
    public void WriteConfig(string config)
    {
        File.WriteAllText(ConfigFile + ".new", config.Replace("FOLDER", _folder, StringComparison.Ordinal));
        File.Move(ConfigFile + ".new", ConfigFile, overwrite: true);
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>The sum of a counter.</summary>
    public async Task<double> MetricAsync(string name, params (string Label, string Value)[] labels) =>
        Metrics.Parse(await _operators.GetStringAsync(new Uri(AdminUrl, "/metrics"))).Sum(name, labels);

    /// <summary>A scrape as it is.</summary>
    public Task<string> MetricsTextAsync() => _operators.GetStringAsync(new Uri(AdminUrl, "/metrics"));

    /// <summary>Awaits that a counter reaches a value.</summary>
    public Task MetricReachesAsync(double value, string name, params (string Label, string Value)[] labels) =>
        MetricReachesAsync(value, name, TimeSpan.FromSeconds(30), labels);

    /// <summary>The same, for what takes longer.</summary>
    public async Task MetricReachesAsync(double value, string name, TimeSpan within, params (string Label, string Value)[] labels)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        double last;
        while ((last = await MetricAsync(name, labels)) < value)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < within, $"{name} is {last}, not {value}.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    /// <summary>The page <c>/status</c>.</summary>
    public Task<JsonElement> StatusAsync() => AdminJsonAsync("/status");

    /// <summary>What an operators' page says.</summary>
    public async Task<JsonElement> AdminJsonAsync(string path) =>
        JsonDocument.Parse(await _operators.GetStringAsync(new Uri(AdminUrl, path))).RootElement;

    /// <summary>An operator's verb, with a JSON body.</summary>
    public async Task<(int Status, string Body)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var response = await _operators.PostAsync(new Uri(AdminUrl, path), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>An operator's <c>DELETE</c>.</summary>
    public async Task<int> DeleteAsync(string path)
    {
        using var response = await _operators.DeleteAsync(new Uri(AdminUrl, path));
        return (int)response.StatusCode;
    }

    /// <summary>The tier that serves the only cluster; empty: none can.</summary>
    public async Task<string> ServingAsync() =>
        (await StatusAsync()).GetProperty("clusters")[0].TryGetProperty("serving", out var serving) ? serving.GetString() ?? "" : "";

    /// <summary>The transitions in the journal, oldest first: <c>from>to reason</c>, and when.</summary>
    public async Task<IReadOnlyList<(string What, DateTimeOffset At)>> TransitionsAsync()
    {
        var journal = JsonDocument.Parse(await _operators.GetStringAsync(new Uri(AdminUrl, "/journal?count=100"))).RootElement;
        var entries = journal.ValueKind == JsonValueKind.Array ? journal : journal.GetProperty("entries");
        string Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetString() ?? "none" : "none";
        return
        [
            .. entries.EnumerateArray().Where(e => Text(e, "kind") == "transition").Reverse()
                .Select(e => ($"{Text(e, "from")}>{Text(e, "to")} {Text(e, "reason")}", e.GetProperty("at").GetDateTimeOffset())),
        ];
    }

    /// <summary>The journal as JSON, newest first.</summary>
    public Task<string> JournalTextAsync() => _operators.GetStringAsync(new Uri(AdminUrl, "/journal?count=200"));

    /// <summary>What is held true of a destination of the only cluster.</summary>
    public async Task<string> HealthStatusAsync(string tier, int destination = 0) =>
        (await StatusAsync()).GetProperty("clusters")[0]
            .GetProperty("tiers")
            .EnumerateArray()
            .First(t => t.GetProperty("name").GetString() == tier)
            .GetProperty("destinations")[destination].GetProperty("healthStatus").GetString()!;

    /// <summary>Awaits a health status.</summary>
    public async Task BecomesAsync(string healthStatus, string tier, int destination = 0)
    {
        var since = TimeProvider.System.GetTimestamp();
        string last;
        while ((last = await HealthStatusAsync(tier, destination)) != healthStatus)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(30),
                $"The health status is {last}, not {healthStatus}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>The status of an operators' page.</summary>
    public async Task<int> AdminStatusAsync(string path)
    {
        using var response = await _operators.GetAsync(new Uri(AdminUrl, path));
        return (int)response.StatusCode;
    }

    public Task<RawResponse> AskAsync(string request, string method = "GET") => RawClient.AskAsync(Url, request, method);

    public Task<RawResponse> GetAsync(string target = "/", string headers = "") =>
        AskAsync($"GET {target} HTTP/1.1\r\nHost: shop.test\r\n{headers}\r\n");

    /// <summary>What SIGTERM does first.</summary>
    public Task DrainAsync(CancellationToken hurry) => _host.DrainAsync(hurry);

    public async Task StopAsync()
    {
        _stopped = true;
        await _host.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_stopped)
        {
            await StopAsync();
        }

        await _host.DisposeAsync();
        _operators.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Gateways that are processes inherit it: a test that does not measure a start need not wait for one.
    [ModuleInitializer]
    internal static void StartWithoutWarmUp() => Environment.SetEnvironmentVariable("GATEWAY_WARM_UP", "off");

    // Kestrel reads its switch once in a process, at its first server: before any test.
    [ModuleInitializer]
    internal static void RefuseBareLineFeeds() =>
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", isEnabled: true);
}
