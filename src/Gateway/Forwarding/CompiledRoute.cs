using System.Collections.Concurrent;
using System.Collections.Frozen;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Compression;
using Gateway.Forwarding.Mirroring;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.Health.Model;
using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding;

/// <summary>
/// Everything that a request of one route needs, made once for each configuration. A request keeps the plan it began
/// with, so that a reload changes nothing under it.
/// </summary>
internal sealed class CompiledRoute
{
    private readonly ConcurrentDictionary<Destination, UpstreamEndpoint> _peers = new(ReferenceEqualityComparer.Instance);
    private readonly Func<Destination, UpstreamEndpoint> _newPeer;
    private readonly FrozenSet<string> _repeatable;
    private readonly TargetRewrite? _rewrite;

    public CompiledRoute(
        RouteConfig route,
        ClusterConfig cluster,
        LevelsConfig levels,
        LimitsConfig limits,
        UpstreamCluster traffic,
        RequestHeaderCopier headers,
        ResponseRelay relay,
        Instruments instruments)
    {
        Route = route;
        ClusterConfig = cluster;
        Traffic = traffic;
        Headers = headers;
        Relay = relay;
        Timing = traffic.Cluster.TimingOf(route.Name);
        Meter = instruments.Route(route.Name);
        Streams = instruments.Streams;
        Reporter = new AttemptReporter(this);
        Losers = new LosingAttempts(this, Reporter);
        Buffering = new ResponseBuffering(this);
        var level = levels.Of(route.Level);
        FirstTierOnly = level.FirstTierOnly;
        RequestBodyLimit = route.Overrides.RequestBody ?? limits.RequestBody;
        ChangesHost = route.KeepsHost || route.HostName is not null;
        _rewrite = TargetRewrite.Of(route);
        foreach (var step in route.Fallback)
        {
            LastGoodAfter ??= (step as LastGoodStep)?.After;
        }

        ShedAt = level.ShedAt;
        HedgesUpTo = levels.LeastShedAt;
        _newPeer = destination =>
        {
            var tally = destination.Tally(route.Name);
            tally.Meter = Meter;
            return new UpstreamEndpoint(
                destination,
                tally,
                instruments.Destination(cluster.Name, destination.Name),
                traffic.ConnectionsTo(destination));
        };
        _repeatable = cluster.Attempts.RetryMethods.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The route as written.</summary>
    public RouteConfig Route { get; }

    /// <summary>Its cluster as written, with what the route has in place of it.</summary>
    public ClusterConfig ClusterConfig { get; }

    /// <summary>What outlives a reload: the cluster's published state, its connections, its budget.</summary>
    public UpstreamCluster Traffic { get; }

    /// <summary>How long the route's responses take there.</summary>
    public RouteTiming Timing { get; }

    /// <summary>Gives requests to destinations their headers.</summary>
    public RequestHeaderCopier Headers { get; }

    /// <summary>Gives users their responses.</summary>
    public ResponseRelay Relay { get; }

    /// <summary>The route's figures.</summary>
    public RouteMeter Meter { get; }

    /// <summary>The figures of event streams.</summary>
    public StreamMeter Streams { get; }

    /// <summary>Reports what attempts show of destinations.</summary>
    public AttemptReporter Reporter { get; }

    /// <summary>Ends the attempts of requests that another attempt has served.</summary>
    public LosingAttempts Losers { get; }

    /// <summary>Takes the bodies of responses.</summary>
    public ResponseBuffering Buffering { get; }

    /// <summary>This level is served by the cluster's first tier alone.</summary>
    public bool FirstTierOnly { get; }

    /// <summary>Share of a tier's capacity from which this level is shed.</summary>
    public double ShedAt { get; }

    /// <summary>Share of a tier's capacity up to which requests are hedged: a hedge takes no place that any level could need.</summary>
    public double HedgesUpTo { get; }

    /// <summary>Largest request body in bytes.</summary>
    public long RequestBodyLimit { get; }

    /// <summary>What the route changes in responses; null: nothing.</summary>
    public ResponseHeaderChanges? ResponseHeaders { get; init; }

    /// <summary>How responses are compressed for users; null: they are not.</summary>
    public ResponseCompression? Compression { get; init; }

    /// <summary>Reads that use the response of another one; null: each is for itself.</summary>
    public SharedReads? SharedReads { get; init; }

    /// <summary>Sends some of its reads to the next tier as well; null: none.</summary>
    public ReadMirror? Mirror { get; init; }

    /// <summary>Who may use it and how often; null: anyone, at any rate.</summary>
    public RouteAccess? Access { get; init; }

    /// <summary>Which scripts of other origins may use it; null: the destination says so itself.</summary>
    public CorsPolicy? Cors { get; init; }

    /// <summary>Destinations are asked under another name than their own.</summary>
    public bool ChangesHost { get; }

    /// <summary>The name that destinations are asked under; null: their own.</summary>
    public string? HostFor(HttpRequest request) =>
        !ChangesHost ? null : Route.HostName ?? (request.Host.Value is { Length: > 0 } kept ? kept : null);

    /// <summary>A stored response is given when the live one is later than this; null: only when there is none.</summary>
    public TimeSpan? LastGoodAfter { get; }

    /// <summary>Path and query that destinations are asked for.</summary>
    /// <exception cref="BadHttpRequestException">The path cannot be rewritten.</exception>
    public string TargetOf(HttpContext context)
    {
        var target = RequestTarget.Of(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        return _rewrite is null ? target : _rewrite.Apply(context, target);
    }

    /// <summary>What an attempt needs to know of a destination.</summary>
    public UpstreamEndpoint EndpointOf(Destination destination) => _peers.GetOrAdd(destination, _newPeer);

    /// <summary>True: a request of this method may be sent twice.</summary>
    public bool MayRepeat(string method, bool hasIdempotencyKey) =>
        Route.Retryable ?? (hasIdempotencyKey || _repeatable.Contains(method));

    /// <summary>True: a response with this status is tried elsewhere (<c>attempts.retryOn</c>).</summary>
    public bool FailsOn(int status) =>
        (status >= 500 || status == StatusCodes.Status429TooManyRequests) && ClusterConfig.Attempts.OnStatus.Contains(status);

    /// <summary>True: an attempt that ended so may be made elsewhere (<c>attempts.retryOn</c>).</summary>
    public bool RepeatsOn(AttemptResult result) => result switch
    {
        AttemptResult.Connect => ClusterConfig.Attempts.OnConnect,
        AttemptResult.Reset => ClusterConfig.Attempts.OnReset,
        AttemptResult.Timeout => ClusterConfig.Attempts.OnTimeout,
        AttemptResult.Truncated => ClusterConfig.Attempts.OnTruncated,
        AttemptResult.Status => true,
        _ => false,
    };
}
