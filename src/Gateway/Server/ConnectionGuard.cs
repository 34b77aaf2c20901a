using System.Collections.Concurrent;
using System.Net.Sockets;
using Gateway.Forwarding.Responses;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Server;

/// <summary>
/// Ends clients' connections that hold a place for nothing: those that bring no request within <c>limits.headersTimeout</c>, TLS handshake
/// included, and those on which a response waits for a client that takes less than <see cref="Http2ResponseBody.LeastRate"/> for
/// <see cref="Http2ResponseBody.LongestPause"/>. Kestrel waits 130 s for the first, and counts for the second by the average since the
/// connection began: a client that took a megabyte quickly into the buffers on the way may then take nothing for an hour.
/// <para>
/// It also tells a connection that a client has half-closed from one that has ended. A client may close its side behind its request and
/// still gets the response (RFC 9112, section 9.6); for Kestrel the end of what it reads is the end of the connection, and it would abort
/// the request.
/// </para>
/// </summary>
/// <remarks>
/// What waits is what the kernel could not send yet, so that a connection on which nothing is to be sent (an event stream, a WebSocket that
/// is quiet) is never judged, nor one whose last packets are lost. What waits for a window of HTTP/2 is not seen here:
/// <see cref="Http2ResponseBody"/>.
/// <para>
/// A client that has closed both sides looks half-closed until something is sent to it: then it answers with a reset. Where nothing is
/// sent, keep-alive probes find out once its kernel has forgotten the
/// connection, after a minute on Linux.
/// </para>
/// </remarks>
internal sealed class ConnectionGuard : IDisposable
{
    private static readonly TimeSpan KestrelFirst = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Connection, bool> _open = new();
    private readonly TimeSpan _headersTimeout;
    private readonly TimeSpan _longestPause;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _isLooking;

    /// <param name="headersTimeout"><c>limits.headersTimeout</c>.</param>
    /// <param name="longestPause">In place of <see cref="Http2ResponseBody.LongestPause"/>.</param>
    /// <param name="time">The clock.</param>
    public ConnectionGuard(TimeSpan headersTimeout, TimeSpan? longestPause, TimeProvider time)
    {
        _longestPause = longestPause ?? Http2ResponseBody.LongestPause;
        _headersTimeout = headersTimeout;
        _time = time;
        _timer = time.CreateTimer(static guard => ((ConnectionGuard)guard!).Look(), this, Interval, Interval);
    }

    /// <summary>
    /// Watches a connection until it has ended. From now on its <see cref="BaseConnectionContext.ConnectionClosed"/> is cancelled at that
    /// end, and not by the client's closing of its side.
    /// </summary>
    public void Watch(ConnectionContext context, Socket socket)
    {
        var transportClosed = context.ConnectionClosed;
        var connection = new Connection(this, context, socket, _time.GetTimestamp());
        _open[connection] = true;
        context.Features.Set(connection);
        context.ConnectionClosed = connection.Closed;
        transportClosed.UnsafeRegister(static connection => ((Connection)connection!).TransportClosed(), connection);
    }

    /// <summary>
    /// Stands around what serves a connection: the first of its middlewares, which sees when it is over, and watches the connection if it
    /// is not watched yet.
    /// </summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => async context =>
    {
        if (context.Features.Get<Connection>() is null && context.Features.Get<IConnectionSocketFeature>() is { } transport)
        {
            Watch(context, transport.Socket);
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            context.Features.Get<Connection>()?.Served();
        }
    };

    /// <summary>Stands before the routes: a request came.</summary>
    public static RequestDelegate Before(RequestDelegate next) => context =>
    {
        context.Features.Get<Connection>()?.HasRequest();
        return next(context);
    };

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // A look that takes longer than the interval must not meet the next one.
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        try
        {
            var now = _time.GetTimestamp();
            foreach (var (connection, _) in _open)
            {
                if (connection.IsGone)
                {
                    connection.Over();
                }
                else if (connection.Fault(_headersTimeout, _longestPause, now, _time) is { } fault)
                {
                    connection.End(fault);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    /// <summary>
    /// One connection. Its request flag is written by the connection's own requests, its half-close by the transport, the rest by the look
    /// alone.
    /// </summary>
    private sealed class Connection(ConnectionGuard guard, ConnectionContext context, Socket socket, long accepted)
    {
        private const int TcpLevel = 6;
        private const int TcpInfo = 11;
        private const int OffsetOfAcked = 120;
        private const int OffsetOfUnsent = 144;
        private const int InfoLength = OffsetOfUnsent + sizeof(uint);
        private const byte CloseWait = 8;

        private readonly CancellationTokenSource _closed = new();
        private bool _hasRequest;
        private bool _isHalfClosed;
        private bool _isServed;
        private int _isOver;
        private long _since;
        private ulong _acked;

        /// <summary>Cancelled once the connection has ended, for whatever reason.</summary>
        public CancellationToken Closed => _closed.Token;

        /// <summary>There is nothing left of a connection whose client had closed its side, or of one that only had to be sent.</summary>
        public bool IsGone => Volatile.Read(ref _isServed) ? !HasUnsent() : Volatile.Read(ref _isHalfClosed) && !IsStillHalfClosed();

        public void HasRequest()
        {
            if (!Volatile.Read(ref _hasRequest))
            {
                Volatile.Write(ref _hasRequest, true);
            }
        }

        /// <summary>The transport reads no more: the client has closed its side, or the connection has ended.</summary>
        public void TransportClosed()
        {
            if (!IsStillHalfClosed())
            {
                Over();
                return;
            }

            try
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It ends this moment: the next look sees that.
            }

            Volatile.Write(ref _isHalfClosed, true);
        }

        /// <summary>
        /// Its last request is over. What the kernel has not sent yet still holds the connection, and a client that does not take it is
        /// judged like any other.
        /// </summary>
        public void Served()
        {
            Volatile.Write(ref _isServed, true);
            if (!HasUnsent())
            {
                Over();
            }
        }

        public void Over()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                guard._open.TryRemove(this, out _);
                _closed.Cancel();
            }
        }

        public string? Fault(TimeSpan headersTimeout, TimeSpan longestPause, long now, TimeProvider time)
        {
            if (!Volatile.Read(ref _hasRequest))
            {
                // Later than Kestrel, which gives a head that came in part its 408.
                _since = now;
                return time.GetElapsedTime(accepted, now) >= headersTimeout + KestrelFirst
                    ? "The connection brought no request in time."
                    : null;
            }

            Span<byte> info = stackalloc byte[InfoLength];
            if (!TryRead(info))
            {
                return null;
            }

            var acked = BitConverter.ToUInt64(info[OffsetOfAcked..]);
            if (_since == 0
                || BitConverter.ToUInt32(info[OffsetOfUnsent..]) == 0
                || acked - _acked >= Http2ResponseBody.LeastRate * longestPause.TotalSeconds)
            {
                (_since, _acked) = (now, acked);
                return null;
            }

            return time.GetElapsedTime(_since, now) >= longestPause ? "The client took the response too slowly." : null;
        }

        public void End(string fault) => context.Abort(new ConnectionAbortedException(fault));

        /// <summary>
        /// The kernel has the client's FIN, and our side is open. A reset, a failed send or our own close make it another state.
        /// </summary>
        private bool IsStillHalfClosed()
        {
            Span<byte> info = stackalloc byte[InfoLength];
            return TryRead(info) && info[0] == CloseWait;
        }

        private bool HasUnsent()
        {
            Span<byte> info = stackalloc byte[InfoLength];
            return TryRead(info) && BitConverter.ToUInt32(info[OffsetOfUnsent..]) != 0;
        }

        private bool TryRead(Span<byte> info)
        {
            try
            {
                return OperatingSystem.IsLinux() && socket.GetRawSocketOption(TcpLevel, TcpInfo, info) >= info.Length;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }
}
