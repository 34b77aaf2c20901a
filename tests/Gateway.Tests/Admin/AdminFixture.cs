using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Configuration.History;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Admin;

/// <summary>An admin endpoint on a free port, over one cluster whose state the test sets.</summary>
internal sealed class AdminFixture : IAsyncDisposable
{
    // A minute after the tests began it would be six.
    private static DateTimeOffset Start => TimeProvider.System.GetUtcNow().AddMinutes(-5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly AdminServer _server;

    private AdminFixture(AdminConfig config, ILoggerFactory log)
    {
        Instruments = new Instruments(NullLogger<Instruments>.Instance);
        History = new ConfigHistory(_folder.FullName, NullLogger.Instance);
        Ledger ledger = new(() => Instruments.Routes, static _ => "ai-guide", () => StatusProjections.Serving([Cluster]));
        Records = new Records(_folder.FullName, ledger, TimeProvider.System, NullLogger<Records>.Instance);
        _server = new AdminServer(config with { Url = new Uri("http://127.0.0.1:0") }, new AdminSources
        {
            Config = () => State,
            Reload = (request, token) =>
            {
                Asked = request;
                return Reload(token);
            },
            Revisions = History,
            Clusters = () => [Cluster],
            Command = (command, token) => Command(command, token),
            Readiness = () => Readiness,
            Instruments = Instruments,
            Records = Records,
            Recorded = () => Recorded,
            LastGood = static () => [new("recommend", 12, 4096, 0.9)],
            LastGoodEntries = static (prefix, limit) =>
            [
                .. Enumerable.Range(0, 12)
                    .Select(static n => new LastGoodEntry(
                        $"shop.example/{(char)('a' + n)} ~recommend.12345678",
                        "recommend",
                        "primary",
                        TimeSpan.FromSeconds(90),
                        2048,
                        IsNearest: false))
                    .Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal))
                    .Take(limit),
            ],
            Purge = static rule => rule.By switch { PurgeBy.Key => 1, PurgeBy.Route => 5, _ => rule.MeansAll ? 12 : 7 },
        }, TimeProvider.System, log);
    }

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => _server.Address;

    public Instruments Instruments { get; }

    /// <summary>Empty, until the test keeps something.</summary>
    public ConfigHistory History { get; }

    /// <summary>The last reload that was asked for.</summary>
    public ReloadRequest? Asked { get; private set; }

    public Records Records { get; }

    public IReadOnlyList<RecordedSecond> Recorded { get; set; } = [];

    public ClusterView Cluster { get; set; } = View("primary", primaryCanServe: true, null, null);

    public Readiness Readiness { get; set; } = new(true, null);

    public ConfigState State { get; set; } = new() { Config = Whole, Revision = 4, Hash = "3f2a91c0aa01ffff", AppliedAt = Start };

    public Func<CancellationToken, Task<ReloadOutcome>> Reload { get; set; } =
        static _ => throw new InvalidOperationException("Not expected.");

    public Func<Command, CancellationToken, Task<CommandResult>> Command { get; set; } =
        static (_, _) => Task.FromResult(new CommandResult(true, "Done."));

    private static GatewayConfig Whole => new()
    {
        Listen = [new() { Url = new("http://127.0.0.1:8080") }],
        Admin = new() { Token = "s3cret-admin" },
        State = "state",
        StaticFallback = "static-fallback",
        TrustedProxies = [System.Net.IPNetwork.Parse("10.0.0.0/8")],
        Clusters =
        [
            new()
            {
                Name = "ai-guide",
                Tiers =
                [
                    new()
                    {
                        Name = "primary",
                        Destinations = [new() { Name = "guide-a", Url = new("http://user:s3cret-url@127.0.0.1:9001") }]
                    },
                    new() { Name = "standby", Destinations = [new() { Name = "guide-c", Url = new("http://127.0.0.1:9003") }] },
                ],
                Probe = new() { Headers = [new("Authorization", "Bearer s3cret-probe")] },
                Signals =
                [
                    new()
                    {
                        Name = "talk",
                        DeepProbe = new() { Headers = [new("Authorization", "Bearer s3cret-deep-probe")] },
                        Then = SignalEffect.Suspect,
                    },
                ],
            },
        ],
        Routes =
        [
            new()
            {
                Name = "recommend",
                Path = "/api/guide/recommend",
                Cluster = "ai-guide",
                LastGood = new(),
                Fallback = [new LastGoodStep(), new FileStep { File = "recommend.json" }]
            },
            new() { Name = "chat", Path = "/api/guide/chat", Cluster = "ai-guide" },
        ],
        Redis = new() { Endpoints = ["127.0.0.1:6379"], Password = "s3cret-redis", Secret = "s3cret-of-at-least-32-characters" },
        Notify =
        [
            new() { Webhook = new("http://127.0.0.1:9999/hook/s3cret-hook"), Events = [NotifyEvent.Failover] },
            new() { Exec = ["/bin/true", "s3cret-arg"], Events = [NotifyEvent.Failback] }
        ],
        Telemetry = new() { Splunk = new(new("http://127.0.0.1:8088"), "s3cret-splunk") },
    };

    public static async Task<AdminFixture> StartAsync(
        string? token = null, ILoggerFactory? log = null, ImmutableArray<AdminTokenConfig> tokens = default)
    {
        var fixture = new AdminFixture(
            new AdminConfig { Token = token, Tokens = tokens.IsDefault ? [] : tokens }, log ?? NullLoggerFactory.Instance);
        fixture.Records.Start();
        await fixture._server.StartAsync(CancellationToken.None);
        fixture.Client = new HttpClient { BaseAddress = fixture._server.Address, Timeout = TimeSpan.FromSeconds(20) };
        return fixture;
    }

    public void Show(string? active, bool primaryCanServe = true, HoldView? hold = null, Transition? last = null) =>
        Cluster = View(active, primaryCanServe, hold, last);

    public async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null) =>
        body is null ? Client.PostAsync(path, null) : Client.PostAsJsonAsync(path, body);

    public Task StopAsync() => _server.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        Records.Dispose();
        Instruments.Dispose();
        _folder.Delete(recursive: true);
    }

    private static ClusterView View(string? active, bool primaryCanServe, HoldView? hold, Transition? last)
    {
        var standbyCanServe = active is not null;
        return new(
            "ai-guide",
            active,
            Start,
            null,
            1,
            hold,
            TimeSpan.FromSeconds(30),
            [new TimingView("recommend", TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(500))],
            last,
        [
            Tier("primary", primaryCanServe, active is "primary", "guide-a", 9001),
            Tier("standby", standbyCanServe, active is "standby", "guide-c", 9003),
        ])
        {
            RedundancyLost = Redundancy.IsLost((primaryCanServe ? 1 : 0)
            + (standbyCanServe ? 1 : 0), 2, (primaryCanServe ? 1 : 0) + (standbyCanServe ? 1 : 0), 2)
        };
    }

    private static TierView Tier(string name, bool canServe, bool active, string destination, int port) =>
        new(
            name,
            canServe ? TierHealth.Healthy : TierHealth.Unavailable,
            active ? 1 : 0,
            canServe ? 1 : 0,
            1,
            canServe ? Start : null,
            active ? 3 : 0,
            active ? null : 400,
        [
            new(destination, new($"http://user:s3cret-url@127.0.0.1:{port}"), 1, canServe ? HealthStatus.Up : HealthStatus.Down, Start,
                canServe ? "3 of 3 probes passed." : "2 of 2 probes timed out.", Draining: false, Suspect: false, 0.1, [], null, 0,
                active ? 3 : 0, active ? 1 : null, active ? TimeSpan.FromMilliseconds(41) : null,
                new ProbeResult(
                    canServe ? ProbeOutcome.Passed : ProbeOutcome.TimedOut,
                    TimeSpan.FromMilliseconds(canServe ? 4 : 800),
                    canServe ? 200 : 0), Start, TimeSpan.FromSeconds(0.3)) { Cause = canServe ? "" : "timed out" },
        ]);
}
