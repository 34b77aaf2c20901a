using System.Globalization;
using System.Text.Json;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// A gateway with a primary and a standby under light traffic, watched by a real Prometheus and Alertmanager with the files of
/// <c>deploy/</c>: only ports are changed in them, and 5 s to 1 s.
/// </summary>
public sealed class MonitoredDrill : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-monitored-");
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private Receiver? _hook;
    private TestBed? _bed;
    private ChildProcess? _prometheus;
    private ChildProcess? _alertmanager;
    private Task _traffic = Task.CompletedTask;
    private string _prometheusUrl = "";
    private DateTimeOffset _began;

    /// <summary>Why it could not be started; null: it runs.</summary>
    public string? Missing { get; } =
        File.Exists("/usr/bin/prometheus") && File.Exists("/usr/bin/prometheus-alertmanager") ? null
        : "Prometheus or Alertmanager is not installed: Debian's packages are \"prometheus\" and \"prometheus-alertmanager\".";

    internal TestBed Bed => _bed!;

    internal Receiver Hook => _hook!;

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        _began = TimeProvider.System.GetUtcNow();
        _hook = await Receiver.StartAsync();
        _bed = await TestBed.StartAsync(new()
        {
            Primaries = 1,
            Standbys = 1,
            Config = [("clusters.ai-guide.failback", "{ after: 2s, ramp: 1s }")]
        });
        var (prometheus, alertmanager) = (Port(), Port());
        Copy("gateway.rules.yml", []);
        Copy("gateway.alerts.yml", []);
        Copy("prometheus.yml",
        [
            ("127.0.0.1:9093", $"127.0.0.1:{alertmanager}"),
            ("127.0.0.1:8081", new Uri(_bed.Gateway.AdminUrl).Authority),
            ("interval: 5s", "interval: 1s"),
            ("timeout: 4s", "timeout: 1s")
        ]);
        Copy("alertmanager.yml",
        [
            ("http://127.0.0.1:9999/alerts", new Uri(_hook.Url, "/alerts").ToString()),
            ("group_wait: 5s", "group_wait: 1s")
        ]);
        _alertmanager = new ChildProcess("alertmanager", "/usr/bin/prometheus-alertmanager",
            ["--config.file", In("alertmanager.yml"), "--storage.path", In("am"), "--web.listen-address", $"127.0.0.1:{alertmanager}",
            "--cluster.listen-address="]);
        _prometheus = new ChildProcess("prometheus", "/usr/bin/prometheus",
            ["--config.file", In("prometheus.yml"), "--storage.tsdb.path", In("tsdb"), "--web.listen-address", $"127.0.0.1:{prometheus}"]);
        await _alertmanager.StartAsync();
        await _prometheus.StartAsync();
        _prometheusUrl = $"http://127.0.0.1:{prometheus}";
        _traffic = SendAsync(_stop.Token);
        await UntilAsync("up{job=\"gateway\"} == 1");
    }

    /// <summary>Awaits that Prometheus has data for a query.</summary>
    public async Task UntilAsync(string query)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await HasDataAsync(query, sinceBegin: false))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(40),
                $"No data within 40 s: {query}\n{_prometheus!.Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
    }

    /// <summary>Whether a query has a number now, or at any second since the drill began.</summary>
    public async Task<bool> HasDataAsync(string query, bool sinceBegin)
    {
        var now = TimeProvider.System.GetUtcNow();
        var path = sinceBegin
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"query_range?start={_began.ToUnixTimeSeconds()}&end={now.ToUnixTimeSeconds()}&step=1&query={Uri.EscapeDataString(query)}")
            : $"query?query={Uri.EscapeDataString(query)}";
        try
        {
            using var response = await _http.GetAsync($"{_prometheusUrl}/api/v1/{path}");
            var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            Assert.True(json.GetProperty("status").GetString() == "success" || (int)response.StatusCode >= 500, $"{query}: {json}");
            return json.TryGetProperty("data", out var data) && data.GetProperty("result").EnumerateArray().Any(series =>
                sinceBegin ? series.GetProperty("values").EnumerateArray().Any(IsNumber) : IsNumber(series.GetProperty("value")));
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            // It is still starting.
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _traffic;
        if (_prometheus is not null)
        {
            await _prometheus.DisposeAsync();
        }

        if (_alertmanager is not null)
        {
            await _alertmanager.DisposeAsync();
        }

        if (_bed is not null)
        {
            await _bed.DisposeAsync();
        }

        if (_hook is not null)
        {
            await _hook.DisposeAsync();
        }

        _http.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    private static bool IsNumber(JsonElement pair) =>
        double.TryParse(pair[1].GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);

    private static string Port() => FreePorts.Next().ToString(CultureInfo.InvariantCulture);

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private void Copy(string name, (string From, string To)[] changes)
    {
        var text = File.ReadAllText(Files.PathOf("deploy", "prometheus", name));
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        File.WriteAllText(In(name), text);
    }

    private async Task SendAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        try
        {
            for (var i = 0; await timer.WaitForNextTickAsync(stop); i++)
            {
                using var response = await _http.GetAsync(
                    $"{_bed!.Gateway.Url}/api/guide/{(i % 2 == 0 ? "recommend?category=shoes" : "trending/shoes")}", stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The drill is over.
        }
    }
}
