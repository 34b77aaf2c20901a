using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Failover;
using Gateway.Health;
using Gateway.Observability;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Admin;

/// <summary>An operators' port on a free port, over one cluster whose state the test sets.</summary>
internal sealed class AdminFixture : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly AdminServer _server;

    private AdminFixture(string? token, ILoggerFactory log)
    {
        Instruments = new Instruments(NullLogger<Instruments>.Instance);
        var cluster = Cluster = new Cluster("ai-guide", Snapshot(active: 0));
        Ledger ledger = new(() => Instruments.Routes, static _ => "ai-guide", () => [new("ai-guide", "", !cluster.Snapshot.Exhausted), new("ai-guide", "primary", cluster.Snapshot.Tiers[0].CanServe)]);
        Records = new Records(_folder.FullName, ledger, TimeProvider.System, NullLogger<Records>.Instance);
        _server = new AdminServer(new Uri("http://127.0.0.1:0"), token, new AdminSources
        {
            Config = () => Config,
            ConfigStatus = () => Status,
            Reload = token => Reload(token),
            Clusters = () => [Cluster],
            Command = (command, token) => Command(command, token),
            Readiness = () => Readiness,
            Instruments = Instruments,
            Records = Records,
            Detail = static d => new(null, null, TimeSpan.FromSeconds(0.3), Draining: false, P99: TimeSpan.FromMilliseconds(12)),
            LastGood = static () => [new("recommend", 12, 4096, 0.9)],
            Purge = static (route, _) => Task.FromResult(route is null ? 12L : 5L),
        }, TimeProvider.System, log);
    }

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => _server.Address;

    public Instruments Instruments { get; }

    public Records Records { get; }

    public Cluster Cluster { get; }

    public Readiness Readiness { get; set; } = new(true, null);

    public ConfigStatus Status { get; set; } = new("3f2a91c0", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), "config/gateway.yaml", null);

    public Func<CancellationToken, Task<ConfigStatus>> Reload { get; set; } = static _ => throw new InvalidOperationException("Not expected.");

    public Func<Command, CancellationToken, Task<CommandResult>> Command { get; set; } = static (_, _) => Task.FromResult(new CommandResult(true, "Done."));

    public GatewayConfig Config { get; } = new()
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
                    new() { Name = "primary", Destinations = [new() { Name = "guide-a", Url = new("http://user:s3cret-url@127.0.0.1:9001") }] },
                    new() { Name = "standby", Destinations = [new() { Name = "guide-c", Url = new("http://127.0.0.1:9003") }] },
                ],
            },
        ],
        Routes =
        [
            new() { Name = "recommend", Path = "/api/guide/recommend", Cluster = "ai-guide", LastGood = new(), Fallback = [new LastGoodRung(), new FileRung { File = "recommend.json" }] },
            new() { Name = "chat", Path = "/api/guide/chat", Cluster = "ai-guide" },
        ],
        Redis = new() { Endpoints = ["127.0.0.1:6379"], Password = "s3cret-redis" },
        Notify = [new() { Webhook = new("http://127.0.0.1:9999/hook/s3cret-hook"), On = [NotifyEvent.Failover] }, new() { Exec = ["/bin/true", "s3cret-arg"], On = [NotifyEvent.Failback] }],
        Telemetry = new() { Splunk = new(new("http://127.0.0.1:8088"), "s3cret-splunk") },
    };

    public static async Task<AdminFixture> StartAsync(string? token = null, ILoggerFactory? log = null)
    {
        var fixture = new AdminFixture(token, log ?? NullLoggerFactory.Instance);
        fixture.Records.Start();
        await fixture._server.StartAsync(CancellationToken.None);
        fixture.Client = new HttpClient { BaseAddress = fixture._server.Address, Timeout = TimeSpan.FromSeconds(20) };
        return fixture;
    }

    public void Show(int active, bool primaryCanServe = true, bool held = false) => Cluster.Snapshot = Snapshot(active, primaryCanServe, held);

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

    private static ClusterSnapshot Snapshot(int active, bool primaryCanServe = true, bool held = false)
    {
        Destination a = new("ai-guide", "primary", "guide-a", new("http://127.0.0.1:9001")) { Verdict = primaryCanServe ? Verdict.Up : Verdict.Down };
        Destination c = new("ai-guide", "standby", "guide-c", new("http://127.0.0.1:9003")) { Verdict = active < 0 ? Verdict.Ejected : Verdict.Up };
        return new()
        {
            Active = active,
            Held = held,
            Tiers = ImmutableArray.Create(Tier("primary", 0, a, primaryCanServe), Tier("standby", 1, c, active >= 0)),
        };
    }

    private static TierSnapshot Tier(string name, int index, Destination destination, bool canServe) => new()
    {
        Name = name,
        Index = index,
        Load = new TierLoad(),
        Usable = canServe ? [destination] : [],
        Weights = canServe ? [1] : [],
        OnTrial = [],
        All = [destination],
        CanServe = canServe,
    };
}
