using System.Collections.Immutable;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Forwarding;
using Gateway.Forwarding.Mirroring;
using Gateway.Forwarding.Upgrades;
using Gateway.LastGood;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Server;
using Gateway.Upstream;

namespace Gateway.Hosting.WarmUp;

/// <summary>The rooms of a request's path once more, with figures, log and stores of their own that end with the warm-up.</summary>
internal sealed class WarmUpGateway : IAsyncDisposable
{
    /// <summary>Of <see cref="WarmUpRequests.Usual"/> in a round, beside one of each rare kind.</summary>
    private const int UsualInARound = 24;

    private const int Sockets = 64;

    private readonly bool _http2;
    private readonly LogSetup _log;
    private readonly Instruments _instruments;
    private readonly FailoverLoop _loop;
    private readonly LastGoodStore _lastGood;
    private readonly FallbackFiles _files;
    private readonly WebApplication _users;
    private readonly WarmUpClient _client = new();
    private HttpClient? _tls;

    private WarmUpGateway(WarmUpOptions options, WarmUpDestination destination, TimeProvider time)
    {
        _http2 = options.Http2;
        var clear = new ListenConfig { Url = new Uri("http://127.0.0.1:0") };
        var certificates = new Dictionary<ListenConfig, ListenerCertificates>();
        if (options.Certificates is { } own)
        {
            certificates.Add(new ListenConfig { Url = new Uri("https://127.0.0.1:0") }, own);
        }

        var config = WarmUpConfig.Of(destination.Urls, [clear, .. certificates.Keys]);
        _log = new LogSetup(new LogOptions { Shape = options.Shape }, new DiscardingSink(LogSetup.Formatter(options.Shape)));
        _instruments = new Instruments(_log.Factory.CreateLogger<Instruments>(), "Gateway.WarmUp");
        _loop = new FailoverLoop(config, time, _log.Factory.CreateLogger<FailoverLoop>(), []);
        _lastGood = new LastGoodStore(
            new LastGoodOptions { TrustedProxies = Trusted },
            time,
            _log.Factory.CreateLogger<LastGoodStore>(),
            backings: null,
            _instruments);
        _files = new FallbackFiles(config.StaticFallback, time, _log.Factory.CreateLogger<FallbackFiles>());
        var access = new AccessLog(_log, new AccessOptions(AccessLevel.All, null), time);
        var fallback = new FallbackChain(_files, FindLastGoodAsync, Random.Shared.NextDouble, _log.Factory.CreateLogger<FallbackChain>());
        GatewayEndpoints? endpoints = null;
        _users = ProxyServer.Build(
            config,
            _log,
            certificates,
            acme: null,
            SocketActivation.None,
            Trusted,
            _instruments.Connections,
            new ConnectionDraining(),
            new SocketBudget(Sockets, time),
            time,
            new UnmatchedRequests(_instruments, access, Trusted, time),
            longestPause: null,
            forwarder =>
        {
            var entry = new ProxyRequestHandler(
                new UpgradeForwarder(forwarder, CancellationToken.None),
                fallback,
                access,
                Trusted,
                CancellationToken.None);
            return endpoints = new GatewayEndpoints(
                _loop, _lastGood, _instruments, entry, new SocketBudget(Sockets, time), new MirrorBoard(time), time);
        });
        endpoints!.Apply(config);
    }

    /// <summary>The figures of its requests.</summary>
    internal Instruments Instruments => _instruments;

    /// <summary>Listens on free ports of loopback; complete once the destinations are known to be up.</summary>
    public static async Task<WarmUpGateway> StartAsync(
        WarmUpOptions options,
        WarmUpDestination destination,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var gateway = new WarmUpGateway(options, destination, time);
        try
        {
            await gateway._loop.StartAsync(cancellationToken).ConfigureAwait(false);
            await gateway._users.StartAsync(cancellationToken).ConfigureAwait(false);
            await gateway._loop.FirstRound.WaitAsync(cancellationToken).ConfigureAwait(false);
            var addresses = ProxyServer.AddressesOf(gateway._users).Select(static address => new Uri(address)).ToList();
            await gateway._client.ConnectAsync(addresses[0], cancellationToken).ConfigureAwait(false);
            if (options.Certificates is not null)
            {
                gateway._tls = OverTls(addresses[1]);
            }

            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends one round of requests.</summary>
    public async Task RoundAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < UsualInARound; i++)
        {
            await _client.AskAsync(WarmUpRequests.Usual, cancellationToken).ConfigureAwait(false);
        }

        foreach (var request in WarmUpRequests.Rare)
        {
            await _client.AskAsync(request, cancellationToken).ConfigureAwait(false);
        }

        if (_http2)
        {
            await _client.AskAsync(WarmUpRequests.OverHttp2, cancellationToken).ConfigureAwait(false);
        }

        if (_tls is not null)
        {
            using var response = await _tls.GetAsync(WarmUpRequests.Kept, cancellationToken).ConfigureAwait(false);
        }

        _instruments.Collect();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _tls?.Dispose();
        using (var end = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System))
        {
            await _users.StopAsync(end.Token).ConfigureAwait(false);
        }

        await _users.DisposeAsync().ConfigureAwait(false);
        await _loop.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
        await _lastGood.DisposeAsync().ConfigureAwait(false);
        _files.Dispose();
        _instruments.Dispose();
        _log.Dispose();
    }

    private async ValueTask<bool> FindLastGoodAsync(HttpContext context, RouteConfig route) =>
        await _lastGood.FindAsync(route, context.Request, context.RequestAborted).ConfigureAwait(false) is { } found
        && await LastGoodWriter.WriteAsync(context, found).ConfigureAwait(false);

    private static ImmutableArray<IPNetwork> Trusted() => [];

    // The listener is this process's own, whatever name its certificate is for.
    private static HttpClient OverTls(Uri address) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    })
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };
}
