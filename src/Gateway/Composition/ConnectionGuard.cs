using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Composition;

/// <summary>
/// Ends users' connections that hold a place for nothing: those that bring no request within <c>limits.headersTimeout</c>, TLS handshake included, and those on which a response waits for a client that
/// takes less than <see cref="LeastRate"/> for <see cref="LongestPause"/>. Kestrel waits 130 s for the first, and counts for the second by the average since the connection began: whoever took a megabyte
/// quickly into the buffers on the way may then take nothing for an hour.
/// </summary>
/// <remarks>What waits is what the kernel could not send yet, so that a connection on which nothing is to be sent (an event stream, a WebSocket that is quiet) is never judged, nor one whose last packets are lost.</remarks>
internal sealed class ConnectionGuard : IDisposable
{
    /// <summary>Bytes a second.</summary>
    public const int LeastRate = 240;

    /// <summary>
    /// Over this time. Not shorter: a client that reads slowly and steadily tells so in steps of a segment or of a sixteenth of its buffer, seconds apart.
    /// </summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan KestrelFirst = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Connection, bool> _open = new();
    private readonly TimeSpan _headersTimeout;
    private readonly TimeSpan _longestPause;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _isLooking;

    /// <param name="headersTimeout"><c>limits.headersTimeout</c>.</param>
    /// <param name="longestPause">In place of <see cref="LongestPause"/>.</param>
    /// <param name="time">The clock.</param>
    public ConnectionGuard(TimeSpan headersTimeout, TimeSpan? longestPause, TimeProvider time)
    {
        _longestPause = longestPause ?? LongestPause;
        _headersTimeout = headersTimeout;
        _time = time;
        _timer = time.CreateTimer(static guard => ((ConnectionGuard)guard!).Look(), this, Interval, Interval);
    }

    /// <summary>Watches a connection until it is closed.</summary>
    public void Watch(ConnectionContext context, Socket socket)
    {
        var connection = new Connection(context, socket, _time.GetTimestamp());
        _open[connection] = true;
        context.Features.Set(connection);
        context.ConnectionClosed.UnsafeRegister(static state =>
        {
            var (guard, closed) = ((ConnectionGuard, Connection))state!;
            guard._open.TryRemove(closed, out _);
        }, (this, connection));
    }

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
                if (connection.Fault(_headersTimeout, _longestPause, now, _time) is { } fault)
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

    /// <summary>One connection. Its request flag is written by the connection's own requests, the rest by the look alone.</summary>
    private sealed class Connection(ConnectionContext context, Socket socket, long acceptedAt)
    {
        private const int TcpLevel = 6;
        private const int TcpInfo = 11;
        private const int OffsetOfAcked = 120;
        private const int OffsetOfUnsent = 144;

        private bool _hasRequest;
        private readonly long _accepted = acceptedAt;
        private long _since;
        private ulong _acked;

        public void HasRequest()
        {
            if (!Volatile.Read(ref _hasRequest))
            {
                Volatile.Write(ref _hasRequest, true);
            }
        }

        public string? Fault(TimeSpan headersTimeout, TimeSpan longestPause, long now, TimeProvider time)
        {
            if (!Volatile.Read(ref _hasRequest))
            {
                // Later than Kestrel, which gives a head that came in part its 408.
                _since = now;
                return time.GetElapsedTime(_accepted, now) >= headersTimeout + KestrelFirst ? "The connection brought no request in time." : null;
            }

            if (!OperatingSystem.IsLinux())
            {
                return null;
            }

            Span<byte> info = stackalloc byte[OffsetOfUnsent + sizeof(uint)];
            try
            {
                if (socket.GetRawSocketOption(TcpLevel, TcpInfo, info) < info.Length)
                {
                    return null;
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return null;
            }

            var acked = BitConverter.ToUInt64(info[OffsetOfAcked..]);
            if (_since == 0 || BitConverter.ToUInt32(info[OffsetOfUnsent..]) == 0 || acked - _acked >= LeastRate * longestPause.TotalSeconds)
            {
                (_since, _acked) = (now, acked);
                return null;
            }

            return time.GetElapsedTime(_since, now) >= longestPause ? "The client took the response too slowly." : null;
        }

        public void End(string fault) => context.Abort(new ConnectionAbortedException(fault));
    }
}
