using System.Collections.Immutable;
using System.Net;

namespace Gateway.Configuration.Model;

/// <summary>One whole, valid configuration. Immutable: a reload makes a new one and swaps one reference.</summary>
internal sealed record GatewayConfig
{
    /// <summary>The public listeners. At least one.</summary>
    public required ImmutableArray<ListenConfig> Listen { get; init; }

    /// <summary>The admin endpoint.</summary>
    public AdminConfig Admin { get; init; } = new();

    /// <summary>What a client may do.</summary>
    public LimitsConfig Limits { get; init; } = new();

    /// <summary>
    /// Folder of what must survive a restart, as an absolute path. Default: <c>state</c> beside the working directory's root of the file.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Folder of the files that <c>file:</c> steps name, as an absolute path.</summary>
    public required string StaticFallback { get; init; }

    /// <summary>
    /// After SIGTERM: how long the public listeners go on accepting while <c>/readyz</c> already says no and every response ends its
    /// connection, so that a balancer in front has stopped sending before the ports close. Default: 1 s. Limits: 0 s to 5 min.
    /// </summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// At the start: how long readiness may wait for the gateway's own requests, which compile the code of a request's path before users
    /// need it. Zero (<c>off</c>): none are made. Default: 3 s. Limits: 100 ms to 1 min.
    /// </summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What a changed file needs before it is put in force. Default: to be valid.</summary>
    public ReloadConfig Reload { get; init; } = new();

    /// <summary>Networks whose <c>Forwarded</c> and <c>X-Forwarded-*</c> are believed. Default: none.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The clusters in the order of the file; names are unique.</summary>
    public required ImmutableArray<ClusterConfig> Clusters { get; init; }

    /// <summary>The routes in the order of the file; names are unique.</summary>
    public required ImmutableArray<RouteConfig> Routes { get; init; }

    /// <summary>How responses are compressed for users. Default: they are not.</summary>
    public CompressionConfig Compression { get; init; } = CompressionConfig.Off;

    /// <summary>What the levels mean.</summary>
    public LevelsConfig Levels { get; init; } = new();

    /// <summary>The shared store of several gateways; null: each decides alone.</summary>
    public RedisConfig? Redis { get; init; }

    /// <summary>The receivers of notifications.</summary>
    public ImmutableArray<NotifyConfig> Notify { get; init; } = [];

    /// <summary>What the gateway does by itself about destinations. Default: nothing.</summary>
    public ImmutableArray<RunbookConfig> Runbooks { get; init; } = [];

    /// <summary>Drills that the gateway runs by itself. Default: none.</summary>
    public DrillsConfig Drills { get; init; } = new();

    /// <summary>Where logs, metrics and traces go.</summary>
    public TelemetryConfig Telemetry { get; init; } = new();
}
