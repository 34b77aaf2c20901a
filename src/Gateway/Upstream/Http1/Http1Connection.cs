using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace Gateway.Upstream.Http1;

/// <summary>
/// One kept connection to a destination that speaks HTTP/1.1, in clear or over TLS. One request at a time, which owns it.
/// </summary>
/// <remarks>
/// While it is idle a receive is under way: it tells when the destination closes, so that no request goes into a closed connection that we
/// could know of, and it is the one that brings the next response. Over TLS that receive also takes in what belongs to TLS alone, such as
/// session tickets, and goes on.
/// </remarks>
internal sealed class Http1Connection : IDisposable
{
    private readonly Http1ConnectionPool _owner;
    private readonly Socket _socket;
    private readonly SslStream? _tls;
    private readonly ReceiveBuffer _buffer = new();
    private ValueTask<int> _ahead;
    private bool _isReceiving;
    private int _isClosed;
    private ResponseHead? _last;
    private CancellationTokenRegistration _cut;

    /// <param name="owner">Takes it back.</param>
    /// <param name="socket">Connected.</param>
    /// <param name="tls">Over that socket; null: in clear.</param>
    /// <param name="now">The clock's reading.</param>
    public Http1Connection(Http1ConnectionPool owner, Socket socket, SslStream? tls, long now)
    {
        _owner = owner;
        _socket = socket;
        _tls = tls;
        OpenedAt = now;
    }

    /// <summary>When it was opened.</summary>
    public long OpenedAt { get; }

    /// <summary>When its last response was read.</summary>
    public long IdleSince { get; private set; }

    /// <summary>It has carried a response before.</summary>
    public bool IsReused { get; private set; }

    /// <summary>The destination has said something since the last request.</summary>
    public bool HasReceivedBytes { get; private set; }

    /// <summary>False: an idle connection was closed, or sent something that nothing has asked for.</summary>
    public bool IsIdleAndOpen => !_ahead.IsCompleted;

    /// <summary>
    /// The same, asked of the kernel as well: a close may not have been noticed yet, and what has arrived would be taken for the response
    /// to the next request. Over TLS it may as well be a record of TLS's own; such a connection is given up for a new one, which is rare
    /// and costs no request.
    /// </summary>
    public bool IsUsable
    {
        get
        {
            try
            {
                return IsIdleAndOpen && !_socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// True: more came than the response was long, or something came that no request had asked for. A farewell is not meant: some servers
    /// say 408 on an idle connection before they close it (RFC 9110, section 15.5.9). Over TLS only what was deciphered counts. Only for a
    /// connection that is not used any more.
    /// </summary>
    public bool HasStrayBytes
    {
        get
        {
            try
            {
                if (_isReceiving && _ahead.IsCompleted)
                {
                    _isReceiving = false;
                    OnReceived(_ahead.Result);
                }

                return Received.IsEmpty
                    ? _tls is null && _socket.Available > 0
                    : !Received.StartsWith("HTTP/1.1 408 "u8) && !Received.StartsWith("HTTP/1.0 408 "u8);
            }
            catch (Exception exception) when (IsBreak(exception))
            {
                return false;
            }
        }
    }

    /// <summary>What was received and not taken.</summary>
    public ReadOnlySpan<byte> Received => _buffer.Received;

    /// <summary>Drops what was read of what was received.</summary>
    public void Consume(int count) => _buffer.Consume(count);

    /// <summary>A request begins. From here on cancelling cuts the connection.</summary>
    public void Begin(CancellationToken cancellationToken)
    {
        HasReceivedBytes = false;
        _cut = cancellationToken.UnsafeRegister(static connection => ((Http1Connection)connection!).Dispose(), this);
    }

    /// <summary>Sends all of it, however long that takes. One sender at a time.</summary>
    /// <exception cref="Exception">One that <see cref="IsBreak"/> knows: the connection took no more.</exception>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes) =>
        _tls is { } tls ? SendOverTlsAsync(tls, bytes) : _socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None);

    /// <summary>True: it is how a broken or closed connection shows.</summary>
    public static bool IsBreak(Exception exception) =>
        exception is SocketException or IOException or ObjectDisposedException or AuthenticationException;

    /// <summary>Reads up to the end of the final head; interim ones (RFC 9110, section 15.2) go no further.</summary>
    /// <param name="request">Told when the destination wants the body (100); null: it does not wait for that.</param>
    /// <exception cref="HttpIOException">It ended early, or is not a response of HTTP/1.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ResponseHead> ReadHeadAsync(Http1RequestBody? request)
    {
        var scanned = 0;
        var interim = 0;
        var isIncomplete = false;
        while (true)
        {
            if ((Received.IsEmpty || isIncomplete) && OnReceived(await Receiving().ConfigureAwait(false)) == 0)
            {
                throw new HttpIOException(HttpRequestError.ResponseEnded, "The connection ended before the response did.");
            }

            var head = _last;
            if (head is null || !head.IsPrefixOf(Received))
            {
                var end = HeadSyntax.EndOf(Received, ref scanned);
                if (end > ResponseHead.MaxLength || (end < 0 && Received.Length >= ResponseHead.MaxLength))
                {
                    throw new HttpIOException(
                        HttpRequestError.ConfigurationLimitExceeded, $"The response's head is longer than {ResponseHead.MaxLength} bytes.");
                }

                isIncomplete = end < 0;
                if (isIncomplete)
                {
                    continue;
                }

                head = ResponseHead.Parse(Received[..end], _last);
            }

            Consume(head.Size);
            if (head.Status >= 200)
            {
                _last = head;
                return head;
            }

            // No other protocol was asked for, and interim heads are bounded.
            if (head.Status == StatusCodes.Status101SwitchingProtocols || (interim += head.Size) > ResponseHead.MaxLength)
            {
                throw new HttpIOException(
                    HttpRequestError.InvalidResponse, "The response cannot be read. It is an interim response that was not asked for.");
            }

            if (head.Status == StatusCodes.Status100Continue)
            {
                request?.Continue();
            }

            scanned = 0;
            isIncomplete = false;
        }
    }

    /// <summary>Waits for more, behind what was received. 0: the destination has closed the connection.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> TryReceiveAsync()
    {
        try
        {
            return OnReceived(await Receiving().ConfigureAwait(false));
        }
        catch (Exception exception) when (IsBreak(exception))
        {
            throw Broken(exception);
        }
    }

    /// <summary>
    /// Waits until there is something to receive, and holds no buffer meanwhile: 8 KiB were a quarter of what an event stream costs. Only
    /// when all that was received before is taken.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync()
    {
        _buffer.Release();
        try
        {
            await ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsBreak(exception))
        {
            throw Broken(exception);
        }
    }

    /// <summary>
    /// Receives into a caller's memory; only when all that was received before is taken. 0: the destination has closed the connection.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> TryReceiveAsync(Memory<byte> into)
    {
        try
        {
            return await ReceiveAsync(into).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsBreak(exception))
        {
            throw Broken(exception);
        }
    }

    /// <summary>The response was read to its end: the next request may have it.</summary>
    /// <param name="keep">The destination lets it be used again.</param>
    public void Release(bool keep)
    {
        // Was it cut just now, behind its response's end, it is not to be used again.
        if (!_cut.Unregister() || !keep || !Received.IsEmpty)
        {
            if (!Received.IsEmpty && HasStrayBytes)
            {
                _owner.Distrust();
            }

            Dispose();
            return;
        }

        _buffer.Reset();
        _ahead = ReceiveAsync(_buffer.Room);
        _isReceiving = true;
        IsReused = true;
        IdleSince = _owner.Now;
        _owner.Return(this);
    }

    /// <summary>Closes it; a receive under way ends with an error. Any thread.</summary>
    public void Dispose()
    {
        _cut.Unregister();
        _tls?.Dispose();
        _socket.Dispose();
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _owner.Closed();
        }
    }

    // As the streams of HttpClient tell it: those who read need not know what they read from.
    private static HttpIOException Broken(Exception exception) => new(HttpRequestError.ResponseEnded, "The connection broke.", exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> SendOverTlsAsync(SslStream tls, ReadOnlyMemory<byte> bytes)
    {
        await tls.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
        return bytes.Length;
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> into) =>
        _tls is { } tls ? tls.ReadAsync(into, CancellationToken.None) : _socket.ReceiveAsync(into, SocketFlags.None);

    /// <summary>The receive under way, or a new one.</summary>
    private ValueTask<int> Receiving()
    {
        if (!_isReceiving)
        {
            _buffer.MakeRoom();
            _ahead = ReceiveAsync(_buffer.Room);
        }

        _isReceiving = false;
        return _ahead;
    }

    private int OnReceived(int count)
    {
        HasReceivedBytes |= count > 0;
        _buffer.Append(count);
        return count;
    }
}
