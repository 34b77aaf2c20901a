using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Health.Probing;

namespace Gateway.Upstream.Http1;

/// <summary>
/// The connections to one destination that speaks HTTP/1.1, in clear or over TLS. The one used last is used first, so that the others can
/// close.
/// </summary>
internal sealed class Http1ConnectionPool
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long a destination whose responses have more bytes than they say gets a new connection for each request.</summary>
    private static readonly TimeSpan DistrustFor = TimeSpan.FromMinutes(1);

    private readonly ConcurrentStack<Http1Connection> _idle = new();
    private readonly EndPoint _address;
    private readonly TlsClient? _tls;
    private readonly TimeSpan _connectTimeout;
    private readonly SocketBudget _sockets;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private int _isSweeping;
    private long _distrustedAt;

    /// <param name="url">The destination's; https: over TLS.</param>
    /// <param name="hostName">The name that its address was looked up for; null: the one in its URL.</param>
    /// <param name="tls">How TLS connections are made; null: as by default.</param>
    /// <param name="connectTimeout"><c>timeouts.connect</c>.</param>
    /// <param name="sockets">How many there may be in all.</param>
    /// <param name="time">The clock.</param>
    public Http1ConnectionPool(Uri url, string? hostName, ClusterTls? tls, TimeSpan connectTimeout, SocketBudget sockets, TimeProvider time)
    {
        _address = DestinationConnector.EndPointOf(url);
        _tls = TlsClient.For(url, hostName, tls);
        _connectTimeout = connectTimeout;
        _sockets = sockets;
        _time = time;
        using (ExecutionContext.SuppressFlow())
        {
            _sweep = time.CreateTimer(
                static connections => ((Http1ConnectionPool)connections!).Sweep(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The clock's reading.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>An idle connection, or null.</summary>
    /// <param name="longestIdle">One that was idle for longer is left to others: a request that cannot be repeated must not meet a
    /// destination's close.</param>
    public Http1Connection? Take(TimeSpan longestIdle)
    {
        while (_idle.TryPop(out var connection))
        {
            var now = Now;
            if (!connection.IsUsable || !IsYoung(connection, now))
            {
                Discard(connection);
                continue;
            }

            if (_time.GetElapsedTime(connection.IdleSince, now) <= longestIdle)
            {
                return connection;
            }

            // The one used last comes first: all others are older.
            _idle.Push(connection);
            return null;
        }

        return null;
    }

    /// <summary>
    /// The destination has sent bytes that no request had asked for. HTTP/1.1 does not say which request a response is to (RFC 9112,
    /// section 9.3.2): had they come while the next request was under way, its user would have got them. None of its connections is used
    /// again for a while.
    /// </summary>
    public void Distrust()
    {
        Volatile.Write(ref _distrustedAt, Math.Max(Now, 1));
        while (_idle.TryPop(out var connection))
        {
            connection.Dispose();
        }
    }

    /// <summary>A new connection.</summary>
    /// <exception cref="HttpRequestException">It was refused, its name is unknown, its certificate is not trusted, or
    /// <c>timeouts.connect</c> went by.</exception>
    public async ValueTask<Http1Connection> OpenAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(_connectTimeout);
        try
        {
            var socket = await _sockets.ConnectAsync(_address, _connectTimeout, limited.Token).ConfigureAwait(false);
            try
            {
                return new Http1Connection(
                    this,
                    socket,
                    _tls is null ? null : await _tls.OpenAsync(socket, limited.Token).ConfigureAwait(false),
                    Now);
            }
            catch
            {
                socket.Dispose();
                Closed();
                throw;
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw failure switch
            {
                HttpRequestException => failure,
                OperationCanceledException => new HttpRequestException(
                    HttpRequestError.ConnectionError,
                    $"No connection to {_address} within {_connectTimeout.TotalMilliseconds:0} ms.",
                    failure),
                SocketException
                {
                    SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                    or SocketError.NoRecovery
                } =>
                    new HttpRequestException(HttpRequestError.NameResolutionError, $"The name of {_address} was not found.", failure),
                _ => new HttpRequestException(HttpRequestError.ConnectionError, $"No connection to {_address}: {failure.Message}", failure),
            };
        }
    }

    /// <summary>One was closed.</summary>
    public void Closed() => _sockets.Return();

    /// <summary>Takes back one whose response was read.</summary>
    public void Return(Http1Connection connection)
    {
        if (!connection.IsIdleAndOpen || !IsYoung(connection, connection.IdleSince) || IsDistrusted(connection.IdleSince))
        {
            Discard(connection);
            return;
        }

        _idle.Push(connection);
        SweepLater();
    }

    private bool IsDistrusted(long now) =>
        Volatile.Read(ref _distrustedAt) is > 0 and var since && _time.GetElapsedTime(since, now) < DistrustFor;

    private void Discard(Http1Connection connection)
    {
        if (connection.HasStrayBytes)
        {
            Distrust();
        }

        connection.Dispose();
    }

    private bool IsYoung(Http1Connection connection, long now) =>
        _time.GetElapsedTime(connection.IdleSince, now) < ConnectionLife.Idle
            && _time.GetElapsedTime(connection.OpenedAt, now) < ConnectionLife.Longest;

    /// <summary>
    /// Closes what is too old. Only who has popped one may look at it closely, and popping all would make requests open new ones: so it is
    /// done only when one of them is due, which its time of day alone tells.
    /// </summary>
    private void Sweep()
    {
        var now = Now;
        if (_idle.Any(connection => !IsYoung(connection, now)))
        {
            var kept = new Stack<Http1Connection>();
            while (_idle.TryPop(out var connection))
            {
                if (connection.IsIdleAndOpen && IsYoung(connection, now))
                {
                    kept.Push(connection);
                }
                else
                {
                    Discard(connection);
                }
            }

            foreach (var connection in kept)
            {
                _idle.Push(connection);
            }
        }

        Volatile.Write(ref _isSweeping, 0);
        if (!_idle.IsEmpty)
        {
            SweepLater();
        }
    }

    /// <summary>One sweep is due at a time, and none while nothing is idle.</summary>
    private void SweepLater()
    {
        if (Volatile.Read(ref _isSweeping) == 0 && Interlocked.Exchange(ref _isSweeping, 1) == 0)
        {
            _sweep.Change(SweepEvery, Timeout.InfiniteTimeSpan);
        }
    }
}
