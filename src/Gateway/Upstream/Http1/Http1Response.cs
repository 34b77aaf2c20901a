using System.Runtime.CompilerServices;
using Microsoft.Extensions.Primitives;

namespace Gateway.Upstream.Http1;

/// <summary>
/// A response on a connection of ours. The connection goes back once the body was read, unless the request is still being sent then.
/// </summary>
internal sealed class Http1Response : UpstreamResponse
{
    private readonly ResponseHead _head;
    private readonly Http1RequestBody? _request;
    private readonly bool _untilClose;
    private IReadOnlyList<KeyValuePair<string, StringValues>> _trailers = [];
    private Http1Connection? _connection;
    private ChunkReader _chunks;
    private long _left;
    private bool _isWhole;

    /// <param name="connection">Where it comes from; its owner from here on.</param>
    /// <param name="head">Its head.</param>
    /// <param name="isHead">The request's method is HEAD.</param>
    /// <param name="request">The body of the request, if it may still be on its way; null: it was sent.</param>
    public Http1Response(Http1Connection connection, ResponseHead head, bool isHead, Http1RequestBody? request)
    {
        _connection = connection;
        _head = head;
        _request = request;
        HasBody = !isHead && !IsBodiless(head.Status);
        _left = HasBody ? head.Length ?? 0 : 0;
        // Without a length the body ends with its connection (RFC 9112, section 6.3).
        _untilClose = HasBody && !head.IsChunked && head.Length is null;
        if (!HasBody || head.Length == 0)
        {
            End();
        }
    }

    /// <inheritdoc/>
    public override int Status => _head.Status;

    /// <inheritdoc/>
    public override Version Version => _head.Version;

    /// <inheritdoc/>
    public override string? Reason => _head.Reason;

    /// <inheritdoc/>
    public override bool HasBody { get; }

    /// <inheritdoc/>
    public override long? Length => _head.Length;

    /// <inheritdoc/>
    public override bool EndIsKnown => !_untilClose;

    /// <inheritdoc/>
    public override bool HasEnd => _head.IsChunked;

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, StringValues>> Trailers => _trailers;

    /// <inheritdoc/>
    public override StringValues Header(string name) => _head[name];

    /// <inheritdoc/>
    public override void CopyHeadersTo(IHeaderDictionary headers) => _head.CopyTo(headers);

    /// <summary>Reads the whole body of this length, if it is here.</summary>
    public override bool TryReadWhole(Span<byte> into)
    {
        if (_connection is not { } connection || _head.IsChunked || _left != into.Length || connection.Received.Length < into.Length)
        {
            return false;
        }

        connection.Received[..into.Length].CopyTo(into);
        connection.Consume(into.Length);
        Consume(into.Length);
        return true;
    }

    /// <summary>Reads more of the body; 0: that was all. A read of nothing waits until there is something.</summary>
    /// <exception cref="HttpIOException">It ended early, or is not what its head says.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the connection is cut.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = ReadAsync(buffer);
        return read.IsCompleted || !cancellationToken.CanBeCanceled ? read : CancellableAsync(read, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        while (_connection is { } connection)
        {
            var ready = Ready(connection);
            if (ready > 0)
            {
                var count = Math.Min(ready, into.Length);
                connection.Received[..count].CopyTo(into.Span);
                connection.Consume(count);
                Consume(count);
                return count;
            }

            if (_chunks.IsAtTrailers && TryReadTrailers(connection))
            {
                break;
            }

            // Large bodies need not pass through the connection's own buffer.
            if (!_head.IsChunked && into.Length > 0 && connection.Received.IsEmpty)
            {
                var space = _untilClose ? into : into[..(int)Math.Min(into.Length, _left)];
                var received = await connection.TryReceiveAsync(space).ConfigureAwait(false);
                if (received > 0)
                {
                    Consume(received);
                    return received;
                }

                EndByClose();
                return 0;
            }

            if (IsOftenQuiet && into.IsEmpty && connection.Received.IsEmpty)
            {
                await connection.WaitAsync().ConfigureAwait(false);
            }

            if (await connection.TryReceiveAsync().ConfigureAwait(false) == 0)
            {
                EndByClose();
            }
        }

        return _isWhole ? 0 : throw new ObjectDisposedException(nameof(Http1Response), "The response was left before its end.");
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> CancellableAsync(ValueTask<int> read, CancellationToken cancellationToken)
    {
        using var cut = cancellationToken.UnsafeRegister(static response => ((Http1Response)response!).Cut(), this);
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
            // What was not read to its end cannot be used again.
            _request?.Stop();
            Interlocked.Exchange(ref _connection, null)?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>How much of the body is in the connection's buffer.</summary>
    private int Ready(Http1Connection connection)
    {
        if (!_head.IsChunked)
        {
            return _untilClose ? connection.Received.Length : (int)Math.Min(connection.Received.Length, _left);
        }

        var ready = _chunks.Next(connection.Received, out var skip);
        connection.Consume(skip);
        return ready;
    }

    private void Consume(int count)
    {
        if (_head.IsChunked)
        {
            _chunks.Consume(count);
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
            end = received.Length > 1 ? HeadSyntax.EndOf(received, ref scanned) : -1;
            if (end < 0)
            {
                return received.Length < ResponseHead.MaxLength
                    ? false
                    : throw new HttpIOException(
                        HttpRequestError.ConfigurationLimitExceeded,
                        $"The response's trailers are longer than {ResponseHead.MaxLength} bytes.");
            }

            _trailers = ResponseHead.ParseTrailers(received[..end]);
        }

        connection.Consume(end);
        End();
        return true;
    }

    private void EndByClose()
    {
        if (!_untilClose)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The connection ended before the response did.");
        }

        _isWhole = true;
        _request?.Stop();
        Interlocked.Exchange(ref _connection, null)?.Dispose();
    }

    private void End()
    {
        _isWhole = true;
        // A destination that has answered before it had the whole request may take the rest of it for the next one.
        var isSent = _request?.IsSent != false;
        _request?.Stop();
        Interlocked.Exchange(ref _connection, null)?.Release(_head.KeepsAlive && isSent);
    }

    /// <summary>Ends a read under way with an error.</summary>
    private void Cut() => Volatile.Read(ref _connection)?.Dispose();
}
