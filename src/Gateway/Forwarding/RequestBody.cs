using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Gateway.Forwarding;

/// <summary>
/// The body of one client request, kept so that attempts can repeat it: read ahead whole up to the limit, else what
/// was read so far and the rest as it comes, which only one attempt can send.
/// </summary>
internal sealed class RequestBody
{
    private const int Untouched = 0;
    private const int Taken = 1;
    private const int Ended = 2;

    /// <summary>How long an attempt that is over may take to let go of the client's body.</summary>
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private readonly PipeReader? _rest;
    private readonly byte[]? _rented;
    private readonly ReadOnlyMemory<byte> _head;
    private readonly long? _length;
    private readonly TaskCompletionSource? _restDone;
    private int _restState;
    private int _writers;

    private RequestBody(PipeReader? rest, ReadOnlyMemory<byte> head, byte[]? rented, long? length)
    {
        _rest = rest;
        _head = head;
        _rented = rented;
        _length = length;
        _restDone = rest is null ? null : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>True: another attempt can send it: all of it is in memory, or nobody has begun to take what is not.</summary>
    public bool CanSend => _rest is null || Volatile.Read(ref _restState) == Untouched;

    /// <summary>True: the whole body is in memory and every attempt can send it.</summary>
    public bool IsWhole => _rest is null;

    /// <summary>
    /// A body of zero bytes. A request without content is repeated by SocketsHttpHandler itself when a kept connection
    /// dies under it, whether or not the destination had executed it; with a content, even an empty one, it never is.
    /// </summary>
    public static RequestBody ForUnrepeatable() => new(null, ReadOnlyMemory<byte>.Empty, null, 0);

    /// <summary>Reads the client's body up to <paramref name="limit"/> bytes.</summary>
    /// <exception cref="BadHttpRequestException">The client broke the framing or sent more than the gateway takes.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context, long limit, CancellationToken cancellationToken)
    {
        var reader = context.Request.BodyReader;
        var declared = context.Request.ContentLength;
        if (declared > limit || limit <= 0 || ExpectsDuplex(context))
        {
            return new RequestBody(reader, ReadOnlyMemory<byte>.Empty, null, declared);
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(declared ?? 4096, limit));
        var filled = 0;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var sequence = read.Buffer;
                if (filled + sequence.Length > limit)
                {
                    // Longer than is kept: hand on what is here already, and stream the rest behind it.
                    reader.AdvanceTo(sequence.Start, sequence.Start);
                    return new RequestBody(reader, buffer.AsMemory(0, filled), buffer, declared);
                }

                if (filled + sequence.Length > buffer.Length)
                {
                    buffer = Grow(buffer, filled, (int)Math.Min(limit, Math.Max(filled + sequence.Length, buffer.Length * 2L)));
                }

                sequence.CopyTo(buffer.AsSpan(filled));
                filled += (int)sequence.Length;
                reader.AdvanceTo(sequence.End);
                if (read.IsCompleted)
                {
                    return new RequestBody(null, buffer.AsMemory(0, filled), buffer, filled);
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>A content for one attempt. A body that is not whole can be given only once.</summary>
    public AttemptContent ForAttempt() => new(this, _length);

    /// <summary>
    /// The exchange is over: nobody reads the client's body any more when this returns. A destination may answer before it has taken the whole
    /// body; were the sending left to itself, it would go on with the bytes of the client's next request.
    /// </summary>
    /// <returns>False: something still reads it, and the client's connection must not be used again.</returns>
    public async ValueTask<bool> EndAsync(TimeProvider time)
    {
        if (_rest is null || Interlocked.Exchange(ref _restState, Ended) != Taken || _restDone!.Task.IsCompleted)
        {
            return true;
        }

        _rest.CancelPendingRead();
        try
        {
            await _restDone.Task.WaitAsync(EndWithin, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // The answer says it: the caller ends the connection.
            return false;
        }
    }

    /// <summary>Gives the buffer back, unless it is still being sent: then it is left to the garbage collector.</summary>
    public void Return()
    {
        if (_rented is not null && Volatile.Read(ref _writers) == 0)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }

    internal async Task WriteToAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writers);
        try
        {
            if (!_head.IsEmpty)
            {
                await stream.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
            }

            if (_rest is not null)
            {
                await WriteRestAsync(_rest, stream, content, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _writers);
        }
    }

    private async ValueTask WriteRestAsync(PipeReader rest, Stream stream, AttemptContent content, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _restState, Taken, Untouched) != Untouched)
        {
            throw new OperationCanceledException("The request is over, or another attempt has taken its body.");
        }

        try
        {
            while (true)
            {
                ReadResult read;
                try
                {
                    read = await rest.ReadAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (Exception) when (!cancellationToken.IsCancellationRequested)
                {
                    content.ClientFailed = true;
                    throw;
                }

                try
                {
                    if (read.IsCanceled)
                    {
                        throw new OperationCanceledException("The request is over.");
                    }

                    foreach (var segment in read.Buffer)
                    {
                        await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                    }
                }
                finally
                {
                    rest.AdvanceTo(read.Buffer.End);
                }

                if (read.IsCompleted)
                {
                    return;
                }

                // A client that drips its body must reach the destination as it drips.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _restDone!.TrySetResult();
        }
    }

    /// <summary>gRPC talks in both directions at once: waiting for its whole request would wait for ever.</summary>
    private static bool ExpectsDuplex(HttpContext context) =>
        context.Request.ContentLength is null
        && context.Request.ContentType is { } type
        && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    private static byte[] Grow(byte[] buffer, int filled, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

/// <summary>A request body as one attempt sends it, which remembers whether sending began.</summary>
internal sealed class AttemptContent : HttpContent
{
    private readonly RequestBody _body;
    private readonly long? _length;

    public AttemptContent(RequestBody body, long? length)
    {
        _body = body;
        _length = length;
        Headers.ContentLength = length;
    }

    /// <summary>
    /// False: not one byte of the request has left. Over HTTP/1.1 SocketsHttpHandler keeps the head in its buffer until
    /// it asks the content for its bytes, so a failure before that is certain not to have reached the destination.
    /// </summary>
    public bool Started { get; private set; }

    /// <summary>Set when the client's body could not be read: the destination is not to blame for what follows.</summary>
    public bool ClientFailed { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Started = true;
        await _body.WriteToAsync(stream, this, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length is not null;
    }
}
