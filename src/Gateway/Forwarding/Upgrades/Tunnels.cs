using Gateway.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Upgrades;

/// <summary>
/// Ends tunnels (WebSockets and other upgrades), which nothing else would end, when the gateway stops: a WebSocket is told <c>1001</c> and
/// has <see cref="Farewell"/> to close by itself, any other upgrade is cut after that.
/// </summary>
internal static class Tunnels
{
    /// <summary>For both sides' close frames.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Sees to it that this request's tunnel, if it becomes one, ends with <paramref name="stopping"/>. Dispose of what it
    /// gives once the request has ended.
    /// </summary>
    public static IDisposable Follow(HttpContext context, RequestRecord record, TimeProvider time, CancellationToken stopping)
    {
        var tunnel = new Tunnel(context, record, time);
        if (context.Request.Headers.Upgrade.Count > 0 && context.Features.Get<IHttpUpgradeFeature>() is { } upgrade)
        {
            context.Features.Set<IHttpUpgradeFeature>(new Upgrade(upgrade, tunnel));
        }
        else if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
            && string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase))
        {
            context.Features.Set<IHttpExtendedConnectFeature>(new ExtendedConnect(connect, tunnel));
        }

        tunnel.Begin(stopping);
        return tunnel;
    }

    private sealed class Tunnel(HttpContext context, RequestRecord record, TimeProvider time) : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private CancellationTokenRegistration _registration;
        private TunnelStream? _stream;
        private bool _isEnding;

        public void Begin(CancellationToken stopping) =>
            _registration = stopping.UnsafeRegister(static state => _ = ((Tunnel)state!).EndAsync(), this);

        public Stream Opened(Stream user)
        {
            var isWebSocket = HttpMethods.IsConnect(context.Request.Method)
                || string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase);
            var stream = new TunnelStream(user, isWebSocket, () => _ = CutAfterFarewellAsync(), record);
            Volatile.Write(ref _stream, stream);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _isEnding))
            {
                // The end began before the tunnel was open.
                _ = SayAsync(stream);
            }

            return stream;
        }

        public void Dispose()
        {
            _registration.Dispose();
            _ended.Cancel();
        }

        /// <summary>
        /// The user sends no more. Of a request that still leaves its response to be sent; a conversation is over, but for what the
        /// destination still answers to the last of it.
        /// </summary>
        private async Task CutAfterFarewellAsync()
        {
            try
            {
                await Task.Delay(Farewell, time, _ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            context.Abort();
        }

        private async Task EndAsync()
        {
            Volatile.Write(ref _isEnding, true);
            Interlocked.MemoryBarrier();
            try
            {
                if (Volatile.Read(ref _stream) is { } stream)
                {
                    await SayAsync(stream).ConfigureAwait(false);
                }

                await Task.Delay(Farewell, time, _ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            context.Abort();
        }

        private async Task SayAsync(TunnelStream stream)
        {
            try
            {
                await stream.CloseAsync(_ended.Token).WaitAsync(Farewell, time, _ended.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or TimeoutException or InvalidOperationException or OperationCanceledException)
            {
                // The user cannot be told any more, or has gone.
            }
        }
    }

    private sealed class Upgrade(IHttpUpgradeFeature inner, Tunnel tunnel) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => tunnel.Opened(await inner.UpgradeAsync().ConfigureAwait(false));
    }

    private sealed class ExtendedConnect(IHttpExtendedConnectFeature inner, Tunnel tunnel) : IHttpExtendedConnectFeature
    {
        public bool IsExtendedConnect => inner.IsExtendedConnect;

        public string? Protocol => inner.Protocol;

        public async ValueTask<Stream> AcceptAsync() => tunnel.Opened(await inner.AcceptAsync().ConfigureAwait(false));
    }
}
