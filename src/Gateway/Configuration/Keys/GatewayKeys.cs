using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys at the top of the file, and those of the ports, limits and levels.</summary>
internal static class GatewayKeys
{
    /// <summary>The whole file.</summary>
    public static RecordSchema<GatewayConfig> Root { get; } = new RecordSchema<GatewayConfig>(
            "a mapping with the keys of the gateway",
            () => new GatewayConfig
            {
                Listen = [],
                Clusters = [],
                Routes = [],
                State = Path.GetFullPath("state"),
                StaticFallback = Path.GetFullPath("static-fallback")
            },
            keepsPartial: true)
        .Key("version", Schemas.Integer(1, 1), (config, _) => config, "The version of this file's grammar.", required: true)
        .Key(
            "include",
            IncludeKeys.Patterns,
            (config, _) => config,
            "Files that are merged into this one, relative to its folder, such as conf.d/*.yaml: names under clusters, routes and levels "
                + "come together, items of listen and notify are appended.")
        .Key(
            "listen",
            new ListSchema<ListenConfig>(Listen(), atLeast: 1, atMost: 64),
            (config, value) => config with { Listen = value },
            "The public listeners.",
            required: true)
        .Key("admin", AdminKeys.Admin, (config, value) => config with { Admin = value }, "The admin endpoint: status page, API, metrics.")
        .Key("limits", Limits(), (config, value) => config with { Limits = value }, "What a client may do.")
        .Key(
            "state",
            Schemas.Path("a folder"),
            (config, value) => config with { State = value },
            "Folder of what must survive a restart: last-good responses, availability ledger, decision journal. It is made when it is "
                + "missing.",
            "state")
        .Key(
            "staticFallback",
            Schemas.Path("a folder"),
            (config, value) => config with { StaticFallback = value },
            "Folder of the files that `file:` steps name.",
            "static-fallback")
        .Key(
            "drain",
            Schemas.Duration("0s", "5m"),
            (config, value) => config with { Drain = value },
            "After SIGTERM: how long it still accepts requests while /readyz already says no, so that a balancer in front stops sending "
                + "first.",
            "1s")
        .Key(
            "warmUp",
            WarmUp(),
            (config, value) => config with { WarmUp = value },
            "At the start: how long readiness may wait for the gateway's own requests, which compile the code of a request's path before "
                + "users need it; off: none are made. Most starts need less.",
            "3s")
        .Key(
            "reload",
            Reload(),
            (config, value) => config with { Reload = value },
            "What a changed file needs before it is put in force.")
        .Key(
            "trustedProxies",
            new ListSchema<System.Net.IPNetwork>(UrlSchemas.Network()),
            (config, value) => config with { TrustedProxies = value },
            "Networks whose X-Forwarded-* and Forwarded headers are believed; others' are replaced.",
            "[]")
        .Key(
            "clusters",
            new NamedSchema<ClusterConfig>(ClusterKeys.Cluster, "a cluster", (cluster, name) => cluster with { Name = name }),
            (config, value) => config with { Clusters = value },
            "The services behind the gateway, each with its tiers.",
            required: true)
        .Key(
            "routes",
            new NamedSchema<RouteConfig>(RouteKeys.Route, "a route", (route, name) => route with { Name = name }),
            (config, value) => config with { Routes = value },
            "Which requests go where, how important they are, and what they get when no tier can serve.",
            required: true)
        .Key(
            "compression",
            CompressionKeys.Compression,
            (config, value) => config with { Compression = value },
            "Compresses responses for users of every route: off, on, or a mapping. A route may have its own.",
            "off")
        .Key("levels", Levels(), (config, value) => config with { Levels = value }, "What the levels of routes mean.")
        .Key(
            "redis",
            OperationKeys.Redis(),
            (config, value) => config with { Redis = value },
            "Several gateways: one decision, one store of last-good responses.")
        .Key(
            "notify",
            new ListSchema<NotifyConfig>(OperationKeys.Notify()),
            (config, value) => config with { Notify = value },
            "Receivers of notifications.",
            "[]")
        .Key(
            "runbooks",
            RunbookKeys.Runbooks,
            (config, value) => config with { Runbooks = value },
            "What the gateway does by itself about destinations, under guards that cannot be left out.",
            "[]")
        .Key(
            "drills",
            DrillKeys.Drills,
            (config, value) => config with { Drills = value },
            "Drills that the gateway runs by itself, under guards that cannot be left out.")
        .Key(
            "telemetry",
            OperationKeys.Telemetry(),
            (config, value) => config with { Telemetry = value },
            "Where logs, metrics and traces go.");

    private static RecordSchema<ReloadConfig> Reload() =>
        new RecordSchema<ReloadConfig>("a mapping with confirmAbove, canary", static () => new ReloadConfig())
        .Key(
            "confirmAbove",
            Schemas.Percent(0, 1),
            static (reload, value) => reload with { ConfirmAbove = value },
            "A change that is of high risk (gateway plan) for more than this share of the last hour's requests waits for an operator.")
        .Key(
            "canary",
            Schemas.Duration("5s", "10m"),
            static (reload, value) => reload with { Canary = value },
            "For so long a changed file is a canary, in a fleet at one gateway first: it is rolled back when more requests fail by it.");

    private static RecordSchema<ListenConfig> Listen() =>
        new RecordSchema<ListenConfig>("a mapping with url", () => new ListenConfig { Url = null! })
        .Key(
            "url",
            UrlSchemas.Listen(),
            (listen, value) => listen with { Url = value },
            "http:// or https://, an IP address, localhost or * (every address), and a port (0: any free one).",
            required: true)
        .Key(
            "certificate",
            TlsKeys.Certificate(),
            (listen, value) => listen with { Certificate = value },
            "The certificate of an https port; its files are read again when they change.")
        .Key(
            "certificates",
            TlsKeys.Certificates(),
            (listen, value) => listen with { Certificates = value },
            "In place of certificate: several, of which the name that a client asks for (SNI) chooses one. The first is for every other "
                + "name.")
        .Key(
            "minTls",
            TlsKeys.MinTls(),
            (listen, value) => listen with { MinTls = value },
            "The oldest version of TLS that clients of an https port may speak.",
            "1.2")
        .Key(
            "clientCertificates",
            TlsKeys.Clients(),
            (listen, value) => listen with { ClientCertificates = value },
            "Clients of an https port are verified by their certificate, which destinations get in Client-Cert (RFC 9440).")
        .Key(
            "proxyProtocol",
            Schemas.Boolean(),
            (listen, value) => listen with { ProxyProtocol = value },
            "Whether each connection begins with a header of the PROXY protocol, version 1 or 2, that names its client; one without is "
                + "closed. Believed from trustedProxies, or, where that is empty, from every peer.",
            "false")
        .Key(
            "http3",
            Schemas.Boolean(),
            (listen, value) => listen with { Http3 = value },
            "Whether clients may speak HTTP/3. This build does not serve it and refuses true.",
            "false");

    private static RecordSchema<LimitsConfig> Limits() => new RecordSchema<LimitsConfig>("a mapping of limits", () => new LimitsConfig())
        .Key(
            "requestBody",
            Schemas.Size("0", "100GiB"),
            (limits, value) => limits with { RequestBody = value },
            "Largest request body; beyond it the response is 413.",
            "10MiB")
        .Key(
            "requestHeaders",
            Schemas.Size("1KiB", "1MiB"),
            (limits, value) => limits with { RequestHeaders = value },
            "Largest request head; beyond it the response is 431.",
            "32KiB")
        .Key(
            "headersTimeout",
            Schemas.Duration("100ms", "10m"),
            (limits, value) => limits with { HeadersTimeout = value },
            "Time for a whole request head.",
            "10s")
        .Key(
            "connections",
            Schemas.Integer(1, 1_000_000),
            (limits, value) => limits with { Connections = value },
            "Users' connections at once; further ones are closed at once.",
            "10000")
        .Key(
            "connectionsPerClient",
            Schemas.Integer(1, 1_000_000),
            (limits, value) => limits with { ConnectionsPerClient = value },
            "Connections of one address at once (an IPv6 one by its /64), trustedProxies apart; further ones are closed at once. Any "
                + "number when left out.")
        .Key(
            "requestsPerClient",
            Schemas.Integer(1, 1_000_000),
            (limits, value) => limits with { RequestsPerClient = value },
            "Requests of one client under way at once, over all routes; further ones get 429. Any number when left out.");

    private static TextSchema<TimeSpan> WarmUp() =>
        new("off or a duration from 100ms to 1m", "Write off, or a duration like 3s", () => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray("off") }, Schemas.Pattern(DurationText.Pattern)),
        }, text => string.Equals(text, "off", StringComparison.Ordinal) ? TimeSpan.Zero
            : DurationText.Parse(text, out _) is { } within && within >= TimeSpan.FromMilliseconds(100) && within <= TimeSpan.FromMinutes(1)
                ? within
                : Parsed<TimeSpan>.Bad());

    private static RecordSchema<LevelsConfig> Levels() =>
        new RecordSchema<LevelsConfig>("a mapping of high, medium and low", () => new LevelsConfig())
        .Key(
            "high",
            Level(new LevelsConfig().High),
            (levels, value) => levels with { High = value },
            "Routes that are served by everything that is left.")
        .Key(
            "medium",
            Level(new LevelsConfig().Medium),
            (levels, value) => levels with { Medium = value },
            "Routes that are shed before high ones.")
        .Key("low", Level(new LevelsConfig().Low), (levels, value) => levels with { Low = value }, "Routes that are shed first.");

    private static RecordSchema<LevelConfig> Level(LevelConfig seed) =>
        new RecordSchema<LevelConfig>("a mapping with tiers and shedAt", () => seed)
        .Key(
            "tiers",
            Schemas.Enum(("all", false), ("first", true)),
            (level, value) => level with { FirstTierOnly = value },
            "Which tiers serve it.",
            seed.FirstTierOnly ? "first" : "all")
        .Key(
            "shedAt",
            Schemas.Percent(0, 1),
            (level, value) => level with { ShedAt = value },
            "Share of a tier's capacity from which this level goes to its fallback chain.",
            PercentText.Format(seed.ShedAt));
}
