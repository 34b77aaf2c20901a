using System.Collections.Immutable;

namespace Gateway.Configuration;

/// <summary>The keys at the top of the file, and those of the ports, limits and levels.</summary>
internal static class GatewayKeys
{
    /// <summary>The whole file.</summary>
    public static RecordShape<GatewayConfig> Root { get; } = new RecordShape<GatewayConfig>(
            "a mapping with the keys of the gateway",
            () => new GatewayConfig { Listen = [], Clusters = [], Routes = [], State = Path.GetFullPath("state"), StaticFallback = Path.GetFullPath("static-fallback") },
            keepsPartial: true)
        .Key("version", Shapes.Whole(1, 1), (config, _) => config, "The version of this file's grammar.", required: true)
        .Key("listen", new ListShape<ListenConfig>(Listen(), atLeast: 1, atMost: 64), (config, value) => config with { Listen = value }, "The users' ports.", required: true)
        .Key("admin", Admin(), (config, value) => config with { Admin = value }, "The operators' port: status page, API, metrics.")
        .Key("limits", Limits(), (config, value) => config with { Limits = value }, "What a client may do.")
        .Key("state", Shapes.Path("a folder"), (config, value) => config with { State = value }, "Folder of what must survive a restart: last-good answers, availability ledger, decision journal. It is made when it is missing.", "state")
        .Key("staticFallback", Shapes.Path("a folder"), (config, value) => config with { StaticFallback = value }, "Folder of the files that `file:` rungs name.", "static-fallback")
        .Key("drain", Shapes.Duration("0s", "5m"), (config, value) => config with { Drain = value }, "After SIGTERM: how long it still accepts requests while /readyz already says no, so that a balancer in front stops sending first.", "1s")
        .Key("trustedProxies", new ListShape<System.Net.IPNetwork>(UrlShapes.Network()), (config, value) => config with { TrustedProxies = value }, "Networks whose X-Forwarded-* and Forwarded headers are believed; others' are replaced.", "[]")
        .Key("clusters", new NamedShape<ClusterConfig>(ClusterKeys.Cluster, "a cluster", (cluster, name) => cluster with { Name = name }), (config, value) => config with { Clusters = value }, "The services behind the gateway, each with its tiers.", required: true)
        .Key("routes", new NamedShape<RouteConfig>(RouteKeys.Route, "a route", (route, name) => route with { Name = name }), (config, value) => config with { Routes = value }, "Which requests go where, how important they are, and what they get when no tier can serve.", required: true)
        .Key("levels", Levels(), (config, value) => config with { Levels = value }, "What the levels of routes mean.")
        .Key("redis", OperationKeys.Redis(), (config, value) => config with { Redis = value }, "Several gateways: one decision, one store of last-good answers.")
        .Key("notify", new ListShape<NotifyConfig>(OperationKeys.Notify()), (config, value) => config with { Notify = value }, "Who is told of what happens.", "[]")
        .Key("telemetry", OperationKeys.Telemetry(), (config, value) => config with { Telemetry = value }, "Where logs, metrics and traces go.");

    private static RecordShape<ListenConfig> Listen() => new RecordShape<ListenConfig>("a mapping with url", () => new ListenConfig { Url = null! })
        .Key("url", UrlShapes.Listen(https: true), (listen, value) => listen with { Url = value }, "http:// or https://, an IP address, localhost or * (every address), and a port (0: any free one).", required: true)
        .Key("certificate", Certificate(), (listen, value) => listen with { Certificate = value }, "The certificate of an https port; its files are read again when they change.");

    private static RecordShape<CertificateConfig> Certificate() => new RecordShape<CertificateConfig>("a mapping with file and key", () => new CertificateConfig("", ""))
        .Key("file", Shapes.Path("a file"), (certificate, value) => certificate with { File = value }, "PEM file of the certificate, its chain included.", required: true)
        .Key("key", Shapes.Path("a file"), (certificate, value) => certificate with { Key = value }, "PEM file of the private key, without a password.", required: true);

    private static RecordShape<AdminConfig> Admin() => new RecordShape<AdminConfig>("a mapping with url and token", () => new AdminConfig())
        .Key("url", UrlShapes.Listen(https: false), (admin, value) => admin with { Url = value }, "http://, an IP address, localhost or * (every address), and a port (0: any free one).", "http://127.0.0.1:8081")
        .Key("token", Shapes.Secret("a secret text"), (admin, value) => admin with { Token = value }, "Bearer token that every call must carry; needed as soon as url is not loopback.");

    private static RecordShape<LimitsConfig> Limits() => new RecordShape<LimitsConfig>("a mapping of limits", () => new LimitsConfig())
        .Key("requestBody", Shapes.Size("0", "100GiB"), (limits, value) => limits with { RequestBody = value }, "Largest request body; beyond it the answer is 413.", "10MiB")
        .Key("requestHeaders", Shapes.Size("1KiB", "1MiB"), (limits, value) => limits with { RequestHeaders = value }, "Largest request head; beyond it the answer is 431.", "32KiB")
        .Key("headersTimeout", Shapes.Duration("100ms", "10m"), (limits, value) => limits with { HeadersTimeout = value }, "Time for a whole request head.", "10s")
        .Key("connections", Shapes.Whole(1, 1_000_000), (limits, value) => limits with { Connections = value }, "Users' connections at once; further ones are closed at once.", "10000");

    private static RecordShape<LevelsConfig> Levels() => new RecordShape<LevelsConfig>("a mapping of high, medium and low", () => new LevelsConfig())
        .Key("high", Level(new LevelsConfig().High), (levels, value) => levels with { High = value }, "Routes that are served by everything that is left.")
        .Key("medium", Level(new LevelsConfig().Medium), (levels, value) => levels with { Medium = value }, "Routes that are shed before high ones.")
        .Key("low", Level(new LevelsConfig().Low), (levels, value) => levels with { Low = value }, "Routes that are shed first.");

    private static RecordShape<LevelConfig> Level(LevelConfig seed) => new RecordShape<LevelConfig>("a mapping with tiers and shedAt", () => seed)
        .Key("tiers", Shapes.Word(("all", false), ("first", true)), (level, value) => level with { FirstTierOnly = value }, "Which tiers serve it.", seed.FirstTierOnly ? "first" : "all")
        .Key("shedAt", Shapes.Percent(0, 1), (level, value) => level with { ShedAt = value }, "Share of a tier's capacity from which this level goes to its ladder.", PercentText.Format(seed.ShedAt));
}
