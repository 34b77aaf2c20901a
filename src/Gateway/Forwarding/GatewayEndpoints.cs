using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Failover;
using Gateway.Fleet;
using Gateway.Forwarding.Compression;
using Gateway.Forwarding.Mirroring;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.LastGood;
using Gateway.Observability.Metrics;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <summary>
/// The routes in force, each with the plan of its configuration. A new configuration swaps them all at once; a request that was
/// matched before keeps its plan to its end.
/// </summary>
internal sealed class GatewayEndpoints(
    FailoverLoop loop,
    LastGoodStore lastGood,
    Instruments instruments,
    ProxyRequestHandler entry,
    SocketBudget sockets,
    MirrorBoard mirrors,
    TimeProvider time)
{
    private readonly Dictionary<string, UpstreamCluster> _traffic = new(StringComparer.Ordinal);
    private Dictionary<string, RouteAccess?> _access = [];
    private readonly Lazy<ClientLoad> _clients = new(static () => new ClientLoad());
    private SharedLimit[] _sharedLimits = [];
    private IServiceProvider? _services;
    private RouteTable? _table;

    /// <summary>The rate limits in force, for gateways that count together.</summary>
    public IReadOnlyList<SharedLimit> SharedLimits => Volatile.Read(ref _sharedLimits);

    /// <summary>The middleware that finds a request's route.</summary>
    /// <param name="services">With <see cref="GatewayRouting.AddGatewayRouting"/>.</param>
    public Func<RequestDelegate, RequestDelegate> Matching(IServiceProvider services)
    {
        _services = services;
        return next => context =>
        {
            // Nearly always done when it returns: only while the first requests make a matcher do others wait for it.
            var matched = Volatile.Read(ref _table)!.MatchAsync(context);
            return matched.IsCompletedSuccessfully ? next(context) : ContinueAsync(matched, next, context);
        };
    }

    /// <summary>Puts a configuration into force whose clusters the loop already knows. One caller at a time.</summary>
    public void Apply(GatewayConfig config)
    {
        var services = _services ?? throw new InvalidOperationException("The listeners are not built.");
        var clusters = ClustersOf(config);
        _access = AccessOf(config);
        Volatile.Write(
            ref _sharedLimits,
            [.. from rule in _access where rule.Value?.Limit is not null select SharedLimitOf(rule.Key, rule.Value!.Limit!)]);
        var verifiesClients = config.Listen.Any(static listen => listen.ClientCertificates is not null);
        var forwarded = new ForwardedHeaders(config.TrustedProxies, verifiesClients);
        var mirrored = new HashSet<(string Cluster, string Route)>();
        Volatile.Write(ref _table, new RouteTable(services, config.Routes, route =>
        {
            if (route.Redirect is not null)
            {
                var redirect = RedirectOf(route, config);
                return context => entry.Redirects.ServeAsync(context, redirect);
            }

            var (cluster, traffic) = clusters[route.Cluster];
            var plan = PlanOf(route, config, cluster, traffic, forwarded);
            if (plan.Mirror is not null)
            {
                mirrored.Add((cluster.Name, route.Name));
            }

            return context => entry.ServeAsync(context, plan);
        }));
        mirrors.Keep(mirrored);
    }

    private Dictionary<string, (ClusterConfig Config, UpstreamCluster Traffic)> ClustersOf(GatewayConfig config)
    {
        var clusters = new Dictionary<string, (ClusterConfig Config, UpstreamCluster Traffic)>(StringComparer.Ordinal);
        foreach (var cluster in config.Clusters)
        {
            var runtime = loop.Find(cluster.Name)
                ?? throw new InvalidOperationException($"The cluster '{cluster.Name}' is not known to the failover loop.");
            _traffic.TryGetValue(cluster.Name, out var previous);
            var traffic = new UpstreamCluster(runtime, cluster, previous, loop, instruments, sockets, time);
            _traffic[cluster.Name] = traffic;
            clusters.Add(cluster.Name, (cluster, traffic));
        }

        foreach (var gone in _traffic.Keys.Except(clusters.Keys, StringComparer.Ordinal).ToArray())
        {
            _traffic.Remove(gone);
        }

        return clusters;
    }

    private Dictionary<string, RouteAccess?> AccessOf(GatewayConfig config)
    {
        var access = new Dictionary<string, RouteAccess?>(StringComparer.Ordinal);
        foreach (var route in config.Routes)
        {
            var previous = _access.GetValueOrDefault(route.Name);
            access.Add(route.Name, RouteAccess.Of(route, config, _clients.Value, previous, instruments.Route(route.Name), time));
        }

        return access;
    }

    private RedirectRoute RedirectOf(RouteConfig route, GatewayConfig config) => new(route, instruments, time)
    {
        ResponseHeaders = ResponseHeaderChanges.Of(route, config.TrustedProxies),
        Cors = CorsPolicy.Of(route),
        Access = _access[route.Name],
    };

    private CompiledRoute PlanOf(
        RouteConfig route, GatewayConfig config, ClusterConfig cluster, UpstreamCluster traffic, ForwardedHeaders forwarded)
    {
        cluster = route.Overrides.Over(cluster);
        var compression = ResponseCompression.Of(route.Compression ?? config.Compression);
        var asksIdentity = route.Stream is not null || compression is { Offload: true };
        var changes = RequestHeaderChanges.Of(route, config.TrustedProxies);
        var headers = new RequestHeaderCopier(forwarded, asksIdentity, cluster.Via == ViaMode.Both, changes);
        var reportsLoad = cluster.Signals.Any(static signal => signal.Report == SignalReport.Orca);
        var relay = new ResponseRelay(route, lastGood, cluster.Via != ViaMode.Off, reportsLoad);
        return new CompiledRoute(route, cluster, config.Levels, config.Limits, traffic, headers, relay, instruments)
        {
            ResponseHeaders = ResponseHeaderChanges.Of(route, config.TrustedProxies),
            Cors = CorsPolicy.Of(route),
            Access = _access[route.Name],
            Compression = compression,
            Mirror = ReadMirror.Of(mirrors, route, cluster, config.Levels.Of(route.Level).FirstTierOnly),
            SharedReads = SharedReads.Of(route, lastGood, instruments.Route(route.Name), cluster.Timeouts.FirstByte, time),
        };
    }

    private SharedLimit SharedLimitOf(string route, RateLimit limit) => new(
        $"{route} {limit.Policy} {limit.Config.Header}:{limit.Config.Cookie}",
        limit.Share,
        limit.Collect,
        tokens => limit.Charge(tokens, time.GetTimestamp()));

    private static async Task ContinueAsync(Task matched, RequestDelegate next, HttpContext context)
    {
        await matched.ConfigureAwait(false);
        await next(context).ConfigureAwait(false);
    }
}
