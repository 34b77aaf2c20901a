using System.Globalization;
using System.Net;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Cli;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

/// <summary>Scheduled drills of whole gateways, with real users.</summary>
[Trait("kind", "server")]
public sealed class ScheduledDrillTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly ScriptedUpstream _first = new(static request => request.RespondAsync("primary"));
    private readonly ScriptedUpstream _second = new(static request => request.RespondAsync("primary"));
    private readonly ScriptedUpstream _standby = new(static request => request.RespondAsync("standby"));
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
    public async Task Drill_RunsInItsWindow_AndProvesFailoverAndFailback()
    {
        await using var receiver = await Receiver.StartAsync();
        var gateway = await StartAsync(
            "{ name: standby-serves, cluster: guide, window: \"NOW\", for: 30s }",
            $"notify: [ {{ webhook: \"{receiver.Url}hook\", events: [ drill ] }} ]");
        await using var users = new SteadyUsers(gateway);

        await ServedByAsync(users, "standby");
        Assert.Equal("drill standby-serves", (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("hold")
            .GetProperty("by").GetString());
        await gateway.MetricReachesAsync(1, "gateway_scheduled_drills_total", TimeSpan.FromSeconds(120));
        await ServedByAsync(users, "primary");

        var report = await ReportAsync(gateway, static report => report.Proofs.Count(static p => p.ProvenAt is not null) == 2);
        var run = Assert.Single(report.Runs);
        Assert.Equal((DrillResult.Passed, 0L, "primary"), (run.Result, run.Bad, run.Lost));
        Assert.Equal(0, users.Failed);
        Assert.Equal(
            ["failover True", "failback True", "destination_loss False"],
            report.Proofs.Select(static p => $"{p.Promise} {p.ProvenAt is not null}"));
        Assert.True(Assert.Single(report.Schedule).RanInWindow);
        Assert.Contains("standby-serves of guide: passed.", ProofReportText.Of(report), StringComparison.Ordinal);
        Assert.InRange(await gateway.MetricAsync("gateway_proof_age_seconds", ("promise", "failover")), 0, 120);
        Assert.Equal(1, await gateway.MetricAsync("gateway_scheduled_drills_total", ("outcome", "passed")));
        Assert.Contains("Drill standby-serves passed.", await gateway.JournalTextAsync(), StringComparison.Ordinal);

        await Eventually.BeTrueAsync(() => receiver.All.Count == 2, Patience, "begin and end are told");
        var told = receiver.All.Select(static one => JsonDocument.Parse(one.Text).RootElement).ToArray();
        Assert.Contains(told, static one => one.TryGetProperty("result", out var result) && result.GetString() == "passed");
    }

    [Fact]
    public async Task Standby_ThatFailsUsers_IsLeftWithinASecond()
    {
        long thirdBad = 0;
        var bad = 0;
        _standby.Script = request =>
        {
            if (Interlocked.Increment(ref bad) == 3)
            {
                Interlocked.Exchange(ref thirdBad, TimeProvider.System.GetTimestamp());
            }

            return request.RespondAsync("broken", 500);
        };
        var gateway = await StartAsync("{ name: standby-serves, cluster: guide, window: \"NOW\" }", ramp: "1m");
        await using var users = new SteadyUsers(gateway);

        await Eventually.BeTrueAsync(() => Interlocked.Read(ref thirdBad) != 0, Patience, "users meet the standby");
        await ServedByAsync(users, "primary", Interlocked.Read(ref thirdBad));
        var took = TimeProvider.System.GetElapsedTime(Interlocked.Read(ref thirdBad));

        Assert.True(took < TimeSpan.FromSeconds(1), $"It took {took}.");

        // Nobody is left there for the minute that a ramp takes.
        var met = Volatile.Read(ref bad);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(met, Volatile.Read(ref bad));
        await gateway.MetricReachesAsync(1, "gateway_scheduled_drills_total", TimeSpan.FromSeconds(60), ("outcome", "failed"));
        var report = await ReportAsync(gateway, static report => report.Runs.Count == 1);
        Assert.StartsWith("Stopped, because ", report.Runs[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain(report.Proofs, static proof => proof.ProvenAt is not null);
    }

    [Fact]
    public async Task Gateway_ThatStopsInADrill_GivesBackWhatItTook()
    {
        var gateway = await StartAsync("{ name: one-away, cluster: guide, lose: destination, window: \"NOW\" }");
        await Eventually.BecomeTrueAsync(async () => await DrainingAsync(gateway) == 1, Patience, "one is drained");

        await gateway.StopAsync();

        // Without orders there is no file.
        Assert.False(File.Exists(gateway.PathOf("state/orders")));
    }

    [Fact]
    public async Task Reload_WithoutTheDrill_InterruptsIt_AndAnOperatorsHoldIsLeftAlone()
    {
        const string Drill = "{ name: standby-serves, cluster: guide, window: \"NOW\" }";
        var gateway = await StartAsync(Drill);
        await Eventually.BecomeTrueAsync(async () => await HolderAsync(gateway) is not null, Patience, "it holds the standby");

        gateway.WriteConfig(ConfigOf(""));
        await Eventually.BecomeTrueAsync(async () => await HolderAsync(gateway) is null, Patience, "it holds it no more");
        await gateway.MetricReachesAsync(1, "gateway_scheduled_drills_total", TimeSpan.FromSeconds(60), ("outcome", "interrupted"));

        // The window is used: the same drill does not begin again in it.
        gateway.WriteConfig(ConfigOf(Drill));
        await gateway.PostAsync("/clusters/guide/hold", "{ \"tier\": \"standby\", \"for\": \"10m\", \"reason\": \"work\" }");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal("127.0.0.1", await HolderAsync(gateway));
        Assert.Equal(1, await gateway.MetricAsync("gateway_scheduled_drills_total"));
    }

    [Fact]
    public async Task Drill_ThatIsKeptFromBeginning_SaysWhy()
    {
        var gateway = await StartAsync("");
        await gateway.PostAsync("/clusters/guide/hold", "{ \"tier\": \"primary\", \"for\": \"10m\", \"reason\": \"work\" }");
        gateway.WriteConfig(ConfigOf("{ name: standby-serves, cluster: guide, window: \"NOW\" }"));

        var report = await ReportAsync(gateway, static report => report.Schedule is [{ WhyNot: not null }]);
        Assert.Equal("a tier was held, or a destination drained", report.Schedule[0].WhyNot);
        Assert.Contains("; not yet, because", ProofReportText.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fleet_OneRunsIt_AndAnyOtherEndsItForItsOwnUsers()
    {
        using var redis = await RedisServer.StartAsync();
        var top = $"redis: {{ endpoints: [ \"{redis.Endpoint}\" ] }}";
        _standby.Script = static request => request.Head.Contains("x-user: unlucky", StringComparison.OrdinalIgnoreCase)
            ? request.RespondAsync("broken", 500)
            : request.RespondAsync("standby");
        for (var i = 0; i < 3; i++)
        {
            await StartAsync("", top);
        }

        foreach (var gateway in _gateways)
        {
            gateway.WriteConfig(ConfigOf("{ name: standby-serves, cluster: guide, window: \"NOW\", for: 10m }", top));
        }

        await Eventually.BecomeTrueAsync(
            async () => (await HoldersAsync()).All(static by => by == "drill standby-serves"), Patience, "all hold the standby");
        var runs = await RunsAsync();
        Assert.Single(runs);

        // Of those that do not run it, one has users whom it hurts.
        var other = await OtherAsync();
        await using var users = new SteadyUsers(other, "unlucky");
        await Eventually.BecomeTrueAsync(
            async () => (await HoldersAsync()).All(static by => by is null), Patience, "it is ended everywhere");
        Assert.Contains("is stopped by this gateway", await other.JournalTextAsync(), StringComparison.Ordinal);
        await Eventually.BecomeTrueAsync(
            async () => (await RunsAsync()).Single().Result == DrillResult.Interrupted, Patience, "the one that ran it knows");
    }

    private static async Task ServedByAsync(SteadyUsers users, string tier, long since = 0) => await Eventually.BeTrueAsync(
        () => users.Last == tier && users.LastAt > since, Patience, $"{tier} serves");

    private static async Task<int> DrainingAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations").EnumerateArray()
            .Count(static d => d.GetProperty("draining").GetBoolean());

    private static async Task<string?> HolderAsync(InProcessGateway gateway)
    {
        var cluster = (await gateway.StatusAsync()).GetProperty("clusters")[0];
        return cluster.TryGetProperty("hold", out var hold) && hold.ValueKind == JsonValueKind.Object
            ? hold.GetProperty("by").GetString()
            : null;
    }

    private static async Task<ProofReport> ReportAsync(InProcessGateway gateway, Func<ProofReport, bool>? isAwaited = null)
    {
        using var client = new HttpClient();
        ProofReport report = null!;
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                report = JsonSerializer.Deserialize<ProofReport>(
                    await client.GetStringAsync(new Uri(gateway.AdminUrl, "/proofs")), AdminJson.Options)!;
                return isAwaited?.Invoke(report) ?? true;
            },
            Patience,
            "the report shows it");
        return report;
    }

    private async Task<string?[]> HoldersAsync() => await Task.WhenAll(_gateways.Select(HolderAsync));

    private async Task<ScheduledDrill[]> RunsAsync() =>
        [.. (await Task.WhenAll(_gateways.Select(static gateway => ReportAsync(gateway)))).SelectMany(static report => report.Runs)];

    private async Task<InProcessGateway> OtherAsync()
    {
        foreach (var gateway in _gateways)
        {
            if ((await ReportAsync(gateway)).Runs.Count == 0)
            {
                return gateway;
            }
        }

        throw new InvalidOperationException("Each of them runs it.");
    }

    private async Task<InProcessGateway> StartAsync(string drill, string top = "", string ramp = "0s")
    {
        var gateway = await InProcessGateway.StartAsync(ConfigOf(drill, top, ramp));
        _gateways.Add(gateway);
        return gateway;
    }

    private string ConfigOf(string drill, string top = "", string ramp = "0s")
    {
        var now = TimeProvider.System.GetUtcNow();
        var window = string.Create(CultureInfo.InvariantCulture, $"{now.AddHours(-2):HH}:00-{now.AddHours(2):HH}:00");
        return InProcessGateway.Config(
            [_first.Url, _second.Url],
            [_standby.Url],
            $"    failback: {{ after: 1s, ramp: {ramp} }}",
            attempts: "hedge: off, max: 1",
            top: $"{top}\ndrills: {{ schedule: [ {drill.Replace("NOW", window, StringComparison.Ordinal)} ] }}");
    }

    /// <summary>A user who asks twenty times a second.</summary>
    private sealed class SteadyUsers : IAsyncDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(10) };
        private readonly Task _asking;
        private int _failed;
        private long _lastAt;
        private string _last = "";

        public SteadyUsers(InProcessGateway gateway, string name = "lucky")
        {
            _client.DefaultRequestHeaders.Add("x-user", name);
            _asking = Task.Run(() => AskAsync(gateway.Url));
        }

        public int Failed => Volatile.Read(ref _failed);

        public string Last => Volatile.Read(ref _last);

        public long LastAt => Volatile.Read(ref _lastAt);

        public async ValueTask DisposeAsync()
        {
            await _over.CancelAsync();
            await _asking;
            _client.Dispose();
            _over.Dispose();
        }

        private async Task AskAsync(Uri url)
        {
            while (!_over.IsCancellationRequested)
            {
                var asked = TimeProvider.System.GetTimestamp();
                using var response = await _client.GetAsync(url);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref _failed);
                }

                Volatile.Write(ref _last, await response.Content.ReadAsStringAsync());
                Volatile.Write(ref _lastAt, asked);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, _over.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
