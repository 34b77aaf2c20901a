using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Failover;
using Gateway.LastGood;
using Gateway.Observability;
using Gateway.Upstream;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>
/// The routes as ASP.NET endpoints, each with the plan of its configuration. A new configuration swaps them all at once; a request that was
/// matched before keeps its plan to its end.
/// </summary>
internal sealed class GatewayEndpoints(FailoverLoop loop, LastGoodStore lastGood, Instruments instruments, ProxyRequestHandler entry, SocketBudget sockets, TimeProvider time) : EndpointDataSource
{
    private readonly Dictionary<string, UpstreamCluster> _traffic = new(StringComparer.Ordinal);
    private CancellationTokenSource _changed = new();
    private IReadOnlyList<Endpoint> _endpoints = [];

    /// <inheritdoc/>
    public override IReadOnlyList<Endpoint> Endpoints => Volatile.Read(ref _endpoints);

    /// <inheritdoc/>
    public override IChangeToken GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref _changed).Token);

    /// <summary>Puts a configuration into force whose clusters the loop already knows. One caller at a time.</summary>
    public void Apply(GatewayConfig config)
    {
        var clusters = new Dictionary<string, (ClusterConfig Config, UpstreamCluster Traffic)>(StringComparer.Ordinal);
        foreach (var cluster in config.Clusters)
        {
            var runtime = loop.Find(cluster.Name) ?? throw new InvalidOperationException($"The cluster '{cluster.Name}' is not known to the failover loop.");
            _traffic.TryGetValue(cluster.Name, out var previous);
            var traffic = new UpstreamCluster(runtime, cluster, previous, loop, instruments, sockets, time);
            _traffic[cluster.Name] = traffic;
            clusters.Add(cluster.Name, (cluster, traffic));
        }

        foreach (var gone in _traffic.Keys.Except(clusters.Keys, StringComparer.Ordinal).ToArray())
        {
            _traffic.Remove(gone);
        }

        var forwarded = new ForwardedHeaders(config.TrustedProxies);
        Volatile.Write(ref _endpoints, RouteEndpoints.Build(config.Routes, route =>
        {
            var (cluster, traffic) = clusters[route.Cluster];
            var plan = new CompiledRoute(route, cluster, config.Levels.Of(route.Level), config.Limits, traffic, new RequestHeaderCopier(forwarded, route.Stream is not null, cluster.Via == ViaMode.Both), new ResponseRelay(route, lastGood, cluster.Via != ViaMode.Off), instruments);
            return context => entry.ServeAsync(context, plan);
        }));
        // The new token must be in place before the old one fires: its listeners ask for it at once.
        Interlocked.Exchange(ref _changed, new CancellationTokenSource()).Cancel();
    }
}
