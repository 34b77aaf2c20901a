using System.Net;
using System.Net.Http;
using System.Runtime.CompilerServices;

namespace Gateway.Forwarding;

/// <summary>The body of an answer on a connection of ours, and the head it came with. The connection goes back once the body was read.</summary>
internal sealed class Http1Answer : HttpContent
{
    private readonly HttpResponseMessage _message;
    private readonly bool _untilClose;
    private Http1Connection? _connection;
    private ChunkReader _chunks;
    private long _left;
    private bool _isWhole;

    public Http1Answer(Http1Connection connection, AnswerHead head, HttpResponseMessage message, bool hasBody)
    {
        _connection = connection;
        _message = message;
        Head = head;
        HasBody = hasBody;
        _left = hasBody ? head.Length ?? 0 : 0;
        // Without a length the body ends with its connection (RFC 9112, section 6.3).
        _untilClose = hasBody && !head.IsChunked && head.Length is null;
        if (!hasBody || head.Length == 0)
        {
            End();
        }
    }

    /// <summary>The head.</summary>
    public AnswerHead Head { get; }

    /// <summary>A body can follow, as far as method and status go.</summary>
    public bool HasBody { get; }

    /// <summary>Its headers stand in the message, for those who look at them one by one; else only in <see cref="Head"/>.</summary>
    public bool IsUnfolded { get; private set; }

    /// <summary>Writes its headers into the message.</summary>
    public void Unfold()
    {
        IsUnfolded = true;
        Head.CopyTo(_message);
    }

    /// <summary>Reads the whole body of this length, if it is here.</summary>
    public bool TryReadWhole(Span<byte> into)
    {
        if (_connection is not { } connection || _left != into.Length || connection.Received.Length < into.Length)
        {
            return false;
        }

        connection.Received[..into.Length].CopyTo(into);
        connection.Take(into.Length);
        Took(into.Length);
        return true;
    }

    /// <summary>Reads more of the body; 0: that was all. A read of nothing waits until there is something.</summary>
    /// <exception cref="HttpIOException">It ended early, or is not what its head says.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        while (_connection is { } connection)
        {
            var ready = Ready(connection);
            if (ready > 0)
            {
                var count = Math.Min(ready, into.Length);
                connection.Received[..count].CopyTo(into.Span);
                connection.Take(count);
                Took(count);
                return count;
            }

            if (_chunks.IsAtTrailers && TryReadTrailers(connection))
            {
                break;
            }

            // Large bodies need not pass through the connection's own buffer.
            if (!Head.IsChunked && into.Length > 0 && connection.Received.IsEmpty)
            {
                var space = _untilClose ? into : into[..(int)Math.Min(into.Length, _left)];
                var received = await connection.TryReceiveAsync(space).ConfigureAwait(false);
                if (received > 0)
                {
                    Took(received);
                    return received;
                }

                EndByClose();
                return 0;
            }

            if (await connection.TryReceiveAsync().ConfigureAwait(false) == 0)
            {
                EndByClose();
            }
        }

        return _isWhole ? 0 : throw new ObjectDisposedException(nameof(Http1Answer), "The answer was left before its end.");
    }

    /// <summary>The body as a stream.</summary>
    public Stream AsStream() => new BodyStream(this);

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(AsStream());

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => AsStream().CopyToAsync(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // What was not read to its end cannot be used again.
            Interlocked.Exchange(ref _connection, null)?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>How much of the body is in the connection's buffer.</summary>
    private int Ready(Http1Connection connection)
    {
        if (!Head.IsChunked)
        {
            return _untilClose ? connection.Received.Length : (int)Math.Min(connection.Received.Length, _left);
        }

        var ready = _chunks.Next(connection.Received, out var skip);
        connection.Take(skip);
        return ready;
    }

    private void Took(int count)
    {
        if (Head.IsChunked)
        {
            _chunks.Take(count);
        }
        else if (!_untilClose && (_left -= count) == 0)
        {
            End();
        }
    }

    private bool TryReadTrailers(Http1Connection connection)
    {
        var received = connection.Received;
        var end = received.StartsWith("\r\n"u8) ? 2 : received.StartsWith("\n"u8) ? 1 : 0;
        if (end == 0)
        {
            var scanned = 0;
            end = received.Length > 1 ? AnswerHead.EndOf(received, ref scanned) : -1;
            if (end < 0)
            {
                return received.Length < AnswerHead.MaxLength
                    ? false
                    : throw new HttpIOException(HttpRequestError.ConfigurationLimitExceeded, $"The answer's trailers are longer than {AnswerHead.MaxLength} bytes.");
            }

            AnswerHead.ParseTrailers(received[..end], _message);
        }

        connection.Take(end);
        End();
        return true;
    }

    private void EndByClose()
    {
        if (!_untilClose)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The connection ended before the answer did.");
        }

        _isWhole = true;
        Interlocked.Exchange(ref _connection, null)?.Dispose();
    }

    private void End()
    {
        _isWhole = true;
        Interlocked.Exchange(ref _connection, null)?.Release(Head.KeepsAlive);
    }

    /// <summary>Ends a read under way with an error.</summary>
    private void Cut() => Volatile.Read(ref _connection)?.Dispose();

    /// <summary>The body as a stream, for whoever hands it on as it comes.</summary>
    private sealed class BodyStream(Http1Answer answer) : ReadOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = answer.ReadAsync(buffer);
            return read.IsCompleted || !cancellationToken.CanBeCanceled ? read : CancellableAsync(read, cancellationToken);
        }

        private async ValueTask<int> CancellableAsync(ValueTask<int> read, CancellationToken cancellationToken)
        {
            using var cut = cancellationToken.UnsafeRegister(static answer => ((Http1Answer)answer!).Cut(), answer);
            try
            {
                return await read.ConfigureAwait(false);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                answer.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
