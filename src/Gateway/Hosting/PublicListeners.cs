using System.Collections.Immutable;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Observability.Metrics;
using Gateway.Server;

namespace Gateway.Hosting;

/// <summary>The public listeners, from the first accepted connection to the last response: opened, drained, closed.</summary>
internal sealed partial class PublicListeners : IAsyncDisposable
{
    // From the closing of the ports to the closing of idle connections: the last client to connect has sent its request by then ...
    private static readonly TimeSpan LastAccepted = TimeSpan.FromMilliseconds(300);

    // ... and was answered, on a machine that is starved too. Those that connected and say nothing are not waited for any longer.
    private static readonly TimeSpan LastServed = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;
    private readonly RequestPipeline _pipeline;
    private readonly TimeProvider _time;
    private readonly ILogger<PublicListeners> _logger;

    /// <param name="config">What to listen on, and the limits.</param>
    /// <param name="pipeline">Serves the requests.</param>
    /// <param name="certificates">Of the listeners that speak TLS.</param>
    /// <param name="inherited">Sockets that systemd passed on.</param>
    /// <param name="descriptors">How many connections there may be.</param>
    /// <param name="connections">Counts users' connections.</param>
    /// <param name="trusted"><c>trustedProxies</c>, of the configuration in force.</param>
    /// <param name="longestPause">In place of the default that a client may pause for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public PublicListeners(
        GatewayConfig config,
        RequestPipeline pipeline,
        CertificateWatch certificates,
        SocketActivation inherited,
        FileDescriptorBudget descriptors,
        ConnectionMeter connections,
        Func<ImmutableArray<IPNetwork>> trusted,
        TimeSpan? longestPause,
        TimeProvider time,
        GatewayLog log)
    {
        _pipeline = pipeline;
        _time = time;
        _logger = log.For<PublicListeners>();
        if (descriptors.Warning(config.Limits.Connections) is { } few)
        {
            LogFewDescriptors(few);
        }

        _app = ProxyServer.Build(
            config,
            log.Setup,
            certificates.Listeners,
            certificates.Acme?.Challenges,
            inherited,
            trusted,
            connections,
            Draining,
            descriptors.Users,
            time,
            pipeline.Unmatched,
            longestPause,
            pipeline.BuildEndpoints);
        pipeline.Endpoints.Apply(config);
    }

    /// <summary>Whether the gateway leaves; from then on each response ends its connection.</summary>
    public ConnectionDraining Draining { get; } = new();

    /// <summary>Where they listen, once started.</summary>
    public IReadOnlyCollection<string> Addresses => ProxyServer.AddressesOf(_app);

    /// <summary>Begins to accept.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    /// <summary>
    /// Serves everything for <paramref name="drain"/>, then closes the ports, and still responds to what was accepted by then.
    /// </summary>
    public async Task DrainAsync(TimeSpan drain, CancellationToken hurry)
    {
        Draining.Begin();
        LogDraining(drain.TotalSeconds);
        await Task.Delay(drain, _time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var sockets = ProxyServer.SocketsOf(_app);
        await _pipeline.EndTunnelsAsync().ConfigureAwait(false);
        await sockets.CloseAsync(hurry).ConfigureAwait(false);
        var closed = _time.GetTimestamp();
        do
        {
            await Task.Delay(LastAccepted, _time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (sockets.Late > 0 && _time.GetElapsedTime(closed) < LastServed && !hurry.IsCancellationRequested);
    }

    /// <summary>Requests in flight finish; event streams get two thirds of the time and then end visibly.</summary>
    public async Task StopAsync(TimeSpan within, CancellationToken hurry)
    {
        await _pipeline.EndTunnelsAsync().ConfigureAwait(false);
        _pipeline.EndStreamsAfter(within * 2 / 3);
        await _app.StopAsync(hurry).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [LoggerMessage(10106, LogLevel.Information,
        "Draining: not ready any more; requests are still accepted for {Seconds} s. A second signal ends the wait.")]
    private partial void LogDraining(double seconds);

    [LoggerMessage(10107, LogLevel.Warning, "{Text}")]
    private partial void LogFewDescriptors(string text);
}
