using Gateway.Admin;
using Gateway.Observability;
using Gateway.Server;

namespace Gateway.Hosting;

/// <content>How the gateway leaves: told, drained, closed, ended.</content>
internal sealed partial class GatewayHost
{
    private static readonly Readiness Left = new(Ready: false, "The gateway is stopping.");

    // From the closing of the ports to the closing of idle connections: the last client to connect has sent its request by then ...
    private static readonly TimeSpan LastAccepted = TimeSpan.FromMilliseconds(300);

    // ... and was answered, on a machine that is starved too. Those that connected and say nothing are not waited for any longer.
    private static readonly TimeSpan LastServed = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long requests in flight may take to finish when the gateway stops; event streams end after two thirds of it. Default 30 s.
    /// </summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Before <see cref="StopAsync"/>: not ready at once, yet everything is still served for <c>drain</c>, each response ending its
    /// connection, so that a balancer in front turns away in time. Then the ports close, and what was accepted by then still gets its
    /// response.
    /// </summary>
    /// <param name="hurry">Ends the waiting.</param>
    public async Task DrainAsync(CancellationToken hurry)
    {
        var drain = Store.Current.Drain;
        _leaving.Begin();
        LogDraining(drain.TotalSeconds);
        await Task.Delay(drain, _time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var sockets = ProxyServer.SocketsOf(_users);
        await _endTunnels.CancelAsync().ConfigureAwait(false);
        await sockets.CloseAsync(hurry).ConfigureAwait(false);
        var closed = _time.GetTimestamp();
        do
        {
            await Task.Delay(LastAccepted, _time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (sockets.Late > 0 && _time.GetElapsedTime(closed) < LastServed && !hurry.IsCancellationRequested);
    }

    /// <summary>
    /// Not ready at once; requests in flight finish, event streams get two thirds of the time and then end visibly; nothing outlives
    /// <see cref="StopWithin"/>.
    /// </summary>
    /// <param name="hurry">Cuts what is still in flight.</param>
    public async Task StopAsync(CancellationToken hurry = default)
    {
        _leaving.Begin();
        LogStopping();
        _records.Journal.Append(new JournalEntry(_time.GetUtcNow(), "stop", "The gateway stops; requests in flight finish."));
        await _endTunnels.CancelAsync().ConfigureAwait(false);
        _endStreams.CancelAfter(StopWithin * 2 / 3);
        await _users.StopAsync(hurry).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _ready.TrySetCanceled(CancellationToken.None);
        if (_sharedLimits is not null)
        {
            await _sharedLimits.DisposeAsync().ConfigureAwait(false);
        }

        if (_fleet is not null)
        {
            await _fleet.DisposeAsync().ConfigureAwait(false);
        }

        await _loop.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _files.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAll(_owned).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The admin endpoint is the last to go: until now it could be asked what holds things up.
        await _admin.StopAsync(CancellationToken.None).ConfigureAwait(false);
        LogStopped();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync().ConfigureAwait(false);
        _adminGuard.Dispose();
        await _users.DisposeAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
        await _lastGood.DisposeAsync().ConfigureAwait(false);
        if (_redis is not null)
        {
            await _redis.DisposeAsync().ConfigureAwait(false);
        }

        _files.Dispose();

        // Their last results go to the journal, the last lines to Splunk: in this order.
        await _notifier.DisposeAsync().ConfigureAwait(false);
        _otlp?.Dispose();
        _records.Dispose();
        _stateLock?.Dispose();
        _instruments.Dispose();
        _stopping.Dispose();
        _endStreams.Dispose();
        _endTunnels.Dispose();
        await _log.DrainAsync().ConfigureAwait(false);
        _log.Dispose();
    }

    [LoggerMessage(10106, LogLevel.Information, "Draining: not ready any more; requests are still accepted for {Seconds} s. A second signal ends the wait.")]
    private partial void LogDraining(double seconds);

    [LoggerMessage(10102, LogLevel.Information, "Stopping: not ready any more; requests in flight have 30 s to finish.")]
    private partial void LogStopping();

    [LoggerMessage(10103, LogLevel.Information, "Stopped.")]
    private partial void LogStopped();
}
