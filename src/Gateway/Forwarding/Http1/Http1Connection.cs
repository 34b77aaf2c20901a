using System.Net.Http;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Gateway.Forwarding;

/// <summary>One kept connection to a destination that speaks HTTP/1.1 without TLS. One request at a time; whoever has it owns it.</summary>
/// <remarks>
/// While it is idle a receive is under way: it tells when the destination closes, so that no request goes into a closed connection that we could know of,
/// and it is the one that brings the next answer.
/// </remarks>
internal sealed class Http1Connection : IDisposable
{
    /// <summary>Holds most heads and small answers; a longer head makes it grow, up to <see cref="AnswerHead.MaxLength"/>.</summary>
    private const int FirstBuffer = 8 * 1024;

    private readonly Http1Connections _owner;
    private readonly Socket _socket;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstBuffer);
    private int _start;
    private int _end;
    private ValueTask<int> _ahead;
    private bool _isReceiving;
    private int _isClosed;
    private AnswerHead? _last;
    private CancellationTokenRegistration _cut;

    public Http1Connection(Http1Connections owner, Socket socket, long now)
    {
        _owner = owner;
        _socket = socket;
        OpenedAt = now;
    }

    /// <summary>When it was opened.</summary>
    public long OpenedAt { get; }

    /// <summary>When its last answer was read.</summary>
    public long IdleSince { get; private set; }

    /// <summary>It has carried an answer before.</summary>
    public bool IsReused { get; private set; }

    /// <summary>The destination has said something since the last request.</summary>
    public bool HasHeard { get; private set; }

    /// <summary>An idle one that heard something was closed, or speaks out of turn.</summary>
    public bool IsQuiet => !_ahead.IsCompleted;

    /// <summary>What was received and not taken.</summary>
    public ReadOnlySpan<byte> Received => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Takes from what was received.</summary>
    public void Take(int count) => _start += count;

    /// <summary>Sends a request. From here on cancelling cuts the connection.</summary>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        HasHeard = false;
        _cut = cancellationToken.UnsafeRegister(static connection => ((Http1Connection)connection!).Dispose(), this);
        // A stream's socket takes all of it, however long that takes.
        return _socket.SendAsync(request, SocketFlags.None, CancellationToken.None);
    }

    /// <summary>Reads up to the end of the final head; interim ones (RFC 9110, section 15.2) are for nobody here.</summary>
    /// <exception cref="HttpIOException">It ended early, or is no answer of HTTP/1.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AnswerHead> ReadHeadAsync()
    {
        var scanned = 0;
        var interim = 0;
        while (true)
        {
            if ((Received.IsEmpty || scanned > 0) && Arrived(await Receiving().ConfigureAwait(false)) == 0)
            {
                throw new HttpIOException(HttpRequestError.ResponseEnded, "The connection ended before the answer did.");
            }

            var head = _last;
            if (head is null || !head.Begins(Received))
            {
                var end = AnswerHead.EndOf(Received, ref scanned);
                if (end > AnswerHead.MaxLength || (end < 0 && Received.Length >= AnswerHead.MaxLength))
                {
                    throw new HttpIOException(HttpRequestError.ConfigurationLimitExceeded, $"The answer's head is longer than {AnswerHead.MaxLength} bytes.");
                }

                if (end < 0)
                {
                    scanned = Math.Max(scanned, 1);
                    continue;
                }

                head = AnswerHead.Parse(Received[..end], _last);
            }

            Take(head.Size);
            if (head.Status >= 200)
            {
                _last = head;
                return head;
            }

            // Nobody asked for another protocol, and nobody waits for interim heads without end.
            if (head.Status == StatusCodes.Status101SwitchingProtocols || (interim += head.Size) > AnswerHead.MaxLength)
            {
                throw new HttpIOException(HttpRequestError.InvalidResponse, "The answer cannot be read. It is an interim answer that nobody asked for.");
            }

            scanned = 0;
        }
    }

    /// <summary>Waits for more, behind what was received. 0: the destination has closed the connection.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> TryReceiveAsync()
    {
        try
        {
            return Arrived(await Receiving().ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw Broken(exception);
        }
    }

    /// <summary>Receives into a caller's memory; only when all that was received before is taken. 0: the destination has closed the connection.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> TryReceiveAsync(Memory<byte> into)
    {
        try
        {
            return await _socket.ReceiveAsync(into, SocketFlags.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw Broken(exception);
        }
    }

    /// <summary>The answer was read to its end: the next request may have it.</summary>
    /// <param name="keep">The destination lets it be used again.</param>
    public void Release(bool keep)
    {
        // Was it cut just now, behind its answer's end, it is not to be used again.
        if (!_cut.Unregister() || !keep || !Received.IsEmpty)
        {
            Dispose();
            return;
        }

        _start = _end = 0;
        if (_buffer.Length > FirstBuffer)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(FirstBuffer);
        }

        _ahead = _socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None);
        _isReceiving = true;
        IsReused = true;
        IdleSince = _owner.Now;
        _owner.Return(this);
    }

    /// <summary>Closes it; a receive under way ends with an error. Any thread.</summary>
    public void Dispose()
    {
        _cut.Unregister();
        _socket.Dispose();
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _owner.Closed();
        }
    }

    // As the streams of HttpClient tell it: those who read need not know what they read from.
    private static HttpIOException Broken(Exception exception) => new(HttpRequestError.ResponseEnded, "The connection broke.", exception);

    /// <summary>The receive under way, or a new one.</summary>
    private ValueTask<int> Receiving()
    {
        if (!_isReceiving)
        {
            MakeRoom();
            _ahead = _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
        }

        _isReceiving = false;
        return _ahead;
    }

    private int Arrived(int count)
    {
        HasHeard |= count > 0;
        _end += count;
        return count;
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            Received.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, AnswerHead.MaxLength));
        }
    }
}
