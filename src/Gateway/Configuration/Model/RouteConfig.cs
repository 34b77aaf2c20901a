using System.Collections.Immutable;
using System.Net;

namespace Gateway.Configuration.Model;

/// <summary>Which requests go to which cluster, how important they are, and what they get when no tier can serve.</summary>
internal sealed record RouteConfig
{
    /// <summary>The key under <c>routes</c>.</summary>
    public required string Name { get; init; }

    /// <summary>An ASP.NET route pattern that starts with a slash.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Lower-case host names without a port; <c>*.name</c> stands for every name below. Empty: every host. Default: every host.
    /// </summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>Headers and query parameters that a request must have, all of them. Default: none.</summary>
    public ImmutableArray<MatchCondition> Conditions { get; init; } = [];

    /// <summary>Upper-case methods; empty: all. Default: all.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>The name of a cluster; empty with <see cref="Redirect"/>.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>Sends requests to another address in place of a cluster. Default: null, it does not.</summary>
    public RedirectConfig? Redirect { get; init; }

    /// <summary>Which scripts of other origins may use the route. Default: null, the destination's own word.</summary>
    public CorsConfig? Cors { get; init; }

    /// <summary>How responses are compressed for users. Default: null, as for the whole gateway.</summary>
    public CompressionConfig? Compression { get; init; }

    /// <summary>Default: high.</summary>
    public Level Level { get; init; } = Level.High;

    /// <summary>Keeps the last-good responses. Default: null, none are kept.</summary>
    public LastGoodConfig? LastGood { get; init; }

    /// <summary>The fallback chain, without the built-in step that always stands at its end. Default: empty.</summary>
    public ImmutableArray<FallbackStepConfig> Fallback { get; init; } = [];

    /// <summary>The route carries server-sent events. Default: null, it does not.</summary>
    public StreamConfig? Stream { get; init; }

    /// <summary>What counts against the cluster's objective. Default: every 5xx.</summary>
    public SloConfig Slo { get; init; } = new();

    /// <summary>What the route has in place of its cluster's settings and the gateway's limits. Default: nothing.</summary>
    public RouteOverridesConfig Overrides { get; init; } = new();

    /// <summary>Networks from which the route may be used; empty: all. Default: all.</summary>
    public ImmutableArray<IPNetwork> Allow { get; init; } = [];

    /// <summary>Networks from which it may not be used, whatever <see cref="Allow"/> says. Default: none.</summary>
    public ImmutableArray<IPNetwork> Deny { get; init; } = [];

    /// <summary>How many requests one sender may make. Default: null, any number.</summary>
    public RateLimitConfig? RateLimit { get; init; }

    /// <summary>Destinations are asked under the name that the client used (<c>host: keep</c>). Default: false, under their own.</summary>
    public bool KeepsHost { get; init; }

    /// <summary>The name that destinations are asked under, with or without a port. Default: null, their own.</summary>
    public string? HostName { get; init; }

    /// <summary>Which path destinations are asked for. Default: null, the client's.</summary>
    public RewriteConfig? Rewrite { get; init; }

    /// <summary>What is changed in the headers of requests to destinations. Default: null, nothing.</summary>
    public HeaderChangesConfig? RequestHeaders { get; init; }

    /// <summary>What is changed in the headers of every response of the route, whatever gives it. Default: null, nothing.</summary>
    public HeaderChangesConfig? ResponseHeaders { get; init; }

    /// <summary>True: every method of this route may be sent twice. Default: null, by method.</summary>
    public bool? Retryable { get; init; }
}

/// <summary>How important a route is.</summary>
internal enum Level
{
    /// <summary>Served by every tier until nothing is left.</summary>
    High,

    /// <summary>Served by every tier, shed before high.</summary>
    Medium,

    /// <summary>Served by the first tier only, shed first.</summary>
    Low,
}

/// <summary>One step of the fallback chain.</summary>
internal abstract record FallbackStepConfig;

/// <summary>The last-good response for the request's key.</summary>
internal sealed record LastGoodStep : FallbackStepConfig
{
    /// <summary>
    /// It is given, too, when the live response is later than this, which renews it behind. Default: null, only when there is no live one.
    /// </summary>
    public TimeSpan? After { get; init; }
}

/// <summary>A prepared file.</summary>
internal sealed record FileStep : FallbackStepConfig
{
    /// <summary>
    /// Path below <c>staticFallback</c>; <c>{name}</c> is filled from the route's values, <c>{query:NAME}</c> from the query.
    /// </summary>
    public required string File { get; init; }

    /// <summary>The status. Default: null: 503 for HTML pages, 200 for data and event streams.</summary>
    public int? Status { get; init; }

    /// <summary>Mean of the <c>Retry-After</c> of a 503. Default: 10 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Headers of the response, in place of the gateway's own. Default: none.</summary>
    public ImmutableArray<HeaderLineConfig> Headers { get; init; } = [];
}

/// <summary>The response that needs no disk, network or configuration.</summary>
internal sealed record BuiltInStep : FallbackStepConfig;

/// <summary>How server-sent events are carried.</summary>
internal sealed record StreamConfig
{
    /// <summary>Until the first event that carries data; another destination after that. Default: 10 s.</summary>
    public TimeSpan FirstContent { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two pieces after that. Default: 30 s.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A comment line keeps the way open while the guide thinks. Default: 15 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// True: a cut stream goes on elsewhere by <c>Last-Event-ID</c> (<c>onInterrupt: resume</c>); false: it ends with an error event.
    /// Default: false.
    /// </summary>
    public bool Resume { get; init; }
}
