using System.Collections.Immutable;
using System.Net;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Forwarding;
using Gateway.Forwarding.Mirroring;
using Gateway.Forwarding.Upgrades;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Upstream;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Hosting;

/// <summary>What serves a request that was read, and ends what would outlive the gateway: tunnels and event streams.</summary>
internal sealed class RequestPipeline(
    FailoverLoop loop,
    StoredResponses stored,
    FallbackChain fallback,
    Instruments instruments,
    AccessLog access,
    Func<ImmutableArray<IPNetwork>> trusted,
    SocketBudget destinations,
    TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _endStreams = new();
    private readonly CancellationTokenSource _endTunnels = new();
    private GatewayEndpoints? _endpoints;

    /// <summary>The routes; they exist once the listeners are built.</summary>
    public GatewayEndpoints Endpoints => _endpoints ?? throw new InvalidOperationException("The public listeners are not built.");

    /// <summary>Serves requests by the route that was found, and answers those without one.</summary>
    public UnmatchedRequests Unmatched { get; } = new(instruments, access, trusted, time);

    /// <summary>The reads that two tiers get.</summary>
    public MirrorBoard Mirrors { get; } = new(time);

    /// <summary>Makes the object that holds the routes; there are none yet.</summary>
    /// <param name="forwarder">YARP's, for upgrades.</param>
    public GatewayEndpoints BuildEndpoints(IHttpForwarder forwarder)
    {
        var upgrades = new UpgradeForwarder(forwarder, _endTunnels.Token);
        var handler = new ProxyRequestHandler(upgrades, fallback, access, trusted, _endStreams.Token);
        return _endpoints = new GatewayEndpoints(loop, stored.Store, instruments, handler, destinations, Mirrors, time);
    }

    /// <summary>Ends upgraded connections, which would never end by themselves.</summary>
    public Task EndTunnelsAsync() => _endTunnels.CancelAsync();

    /// <summary>Ends event streams after this time.</summary>
    public void EndStreamsAfter(TimeSpan delay) => _endStreams.CancelAfter(delay);

    /// <inheritdoc/>
    public void Dispose()
    {
        _endStreams.Dispose();
        _endTunnels.Dispose();
    }
}
