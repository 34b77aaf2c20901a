using System.Collections.Immutable;
using System.Net;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;
using Gateway.Forwarding;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Server.Acme;
using Gateway.Upstream;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Server;

/// <summary>The public listeners: Kestrel with the configured limits, and nothing between it and the routes.</summary>
internal static class ProxyServer
{
    /// <summary>Builds the host; the endpoints are made from its services.</summary>
    /// <param name="config">What to listen on, and the limits.</param>
    /// <param name="log">The log.</param>
    /// <param name="certificates">The certificates of each port that speaks TLS.</param>
    /// <param name="acme">What authorities that certificates are ordered from are answered; null: none are.</param>
    /// <param name="inherited">Sockets that systemd passed on; ports that have one are not opened anew.</param>
    /// <param name="trusted"><c>trustedProxies</c>, of the configuration in force.</param>
    /// <param name="connections">Counts users' connections.</param>
    /// <param name="leaving">Ends connections once the gateway leaves.</param>
    /// <param name="budget">How many users' connections there may be; further ones wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="unmatched">Serves by the route that was found, and answers where none was.</param>
    /// <param name="longestPause">In place of <see cref="Http2ResponseBody.LongestPause"/>.</param>
    /// <param name="endpoints">Makes the routes from YARP's forwarder.</param>
    public static WebApplication Build(
        GatewayConfig config,
        LogSetup log,
        IReadOnlyDictionary<ListenConfig, ListenerCertificates> certificates,
        AcmeChallenges? acme,
        SocketActivation inherited,
        Func<ImmutableArray<IPNetwork>> trusted,
        ConnectionMeter connections,
        ConnectionDraining leaving,
        SocketBudget budget,
        TimeProvider time,
        UnmatchedRequests unmatched,
        TimeSpan? longestPause,
        Func<IHttpForwarder, GatewayEndpoints> endpoints)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(Tune);
        // Kestrel uses the factory that was registered last; ours hands every port to its own sockets.
        builder.Services.AddSingleton(leaving);
        builder.Services.AddSingleton(budget);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(_ => new ConnectionGuard(config.Limits.HeadersTimeout, longestPause, time));
        builder.Services.AddSingleton(services => new ProxyProtocol(trusted, services.GetRequiredService<ILogger<ProxyProtocol>>(), time));
        builder.Services.AddSingleton<DrainableListener>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(static services => services.GetRequiredService<DrainableListener>());
        builder.Services.AddGatewayRouting();
        builder.Services.AddHttpForwarder();
        log.Use(builder.Logging);
        builder.Services.AddSingleton<ILoggerFactory>(new FilteringLoggerFactory(log.Factory));
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.Services.AddOptions<KestrelServerOptions>().Configure<ConnectionGuard, ProxyProtocol>((kestrel, guard, proxyProtocol) =>
        {
            var perClient = config.Limits.ConnectionsPerClient is { } most ? new ClientConnections(most, trusted, connections) : null;
            var tls = new TlsHandshakes(certificates, acme, config.Limits.HeadersTimeout);
            Configure(kestrel, config, tls, inherited,
            [
                new ConnectionPlaces(config.Limits.Connections, connections).Around,
                guard.Around
            ], proxyProtocol, perClient);
        });
        var app = builder.Build();
        app.Use(new RequestIds(trusted, time).Before);
        app.Use(leaving.Before);
        app.Use(ConnectionGuard.Before);
        app.Use(Http2ResponseBody.Before(longestPause, time));
        if (acme is not null)
        {
            app.Use(HttpChallenge.Before(acme));
        }

        app.Use(endpoints(app.Services.GetRequiredService<IHttpForwarder>()).Matching(app.Services));
        app.Run(unmatched.ServeAsync);
        return app;
    }

    /// <summary>Where it listens, once started; ports are the real ones.</summary>
    public static IReadOnlyCollection<string> AddressesOf(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    /// <summary>The users' listening sockets.</summary>
    public static DrainableListener SocketsOf(WebApplication app) => app.Services.GetRequiredService<DrainableListener>();

    private static void Tune(SocketTransportOptions sockets)
    {
        // A request runs on the thread that read it: two thirds of a request's cost was moving it between threads. Nothing on its way may
        // block.
        sockets.UnsafePreferInlineScheduling = true;

        // While a restarted gateway warms up, clients wait in this queue instead of being turned away; the kernel bounds it by somaxconn.
        sockets.Backlog = 4096;
    }

    private static void Configure(
        KestrelServerOptions kestrel,
        GatewayConfig config,
        TlsHandshakes tls,
        SocketActivation inherited,
        Func<ConnectionDelegate, ConnectionDelegate>[] around,
        ProxyProtocol proxyProtocol,
        ClientConnections? perClient)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        // Byte for byte in both directions: what a header means is between client and destination.
        kestrel.RequestHeaderEncodingSelector = static name =>
            string.Equals(name, "Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionHeaderEncoding.Instance
            : string.Equals(name, "Content-Length", StringComparison.OrdinalIgnoreCase) ? ContentLengthEncoding.Instance
            : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.Limits.MaxConcurrentUpgradedConnections = config.Limits.Connections;
        // BodyLimit counts. Kestrel would end the connection at once, and a client that is still sending would lose the response.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestHeadersTotalSize = (int)config.Limits.RequestHeaders;
        kestrel.Limits.MaxRequestLineSize = (int)Math.Min(config.Limits.RequestHeaders, 16 * 1024);
        kestrel.Limits.MaxRequestBufferSize = Math.Max(kestrel.Limits.MaxRequestLineSize, 1024 * 1024);
        kestrel.Limits.RequestHeadersTimeout = config.Limits.HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        foreach (var listen in config.Listen)
        {
            Listen(kestrel, listen, tls, inherited, around, proxyProtocol, perClient);
        }
    }

    private static void Listen(
        KestrelServerOptions kestrel,
        ListenConfig listen,
        TlsHandshakes tls,
        SocketActivation inherited,
        Func<ConnectionDelegate, ConnectionDelegate>[] around,
        ProxyProtocol proxyProtocol,
        ClientConnections? perClient)
    {
        void Use(ListenOptions options)
        {
            Array.ForEach(around, middleware => options.Use(middleware));
            UseClient(options, listen, proxyProtocol, perClient);
            tls.Use(options, listen);
            options.Use(LengthlessRequests.Before);
        }

        Listen(kestrel, listen.Url, inherited, Use);
    }

    private static void Listen(KestrelServerOptions kestrel, Uri url, SocketActivation inherited, Action<ListenOptions> use)
    {
        var host = UrlHost.Of(url);
        if (inherited.Find(url) is { } handle)
        {
            kestrel.ListenHandle(handle, use);
        }
        else if (IPAddress.TryParse(host, out var address))
        {
            kestrel.Listen(address, url.Port, use);
        }
        else if (string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            if (url.Port == 0)
            {
                kestrel.Listen(IPAddress.Loopback, 0, use);
            }
            else
            {
                kestrel.ListenLocalhost(url.Port, use);
            }
        }
        else
        {
            kestrel.ListenAnyIP(url.Port, use);
        }
    }

    // Whose connection it is, and whether there may be another one of it.
    private static void UseClient(ListenOptions options, ListenConfig listen, ProxyProtocol proxyProtocol, ClientConnections? perClient)
    {
        if (listen.ProxyProtocol)
        {
            options.Use(proxyProtocol.Before);
        }

        if (perClient is not null)
        {
            options.Use(perClient.Around);
        }
    }
}
