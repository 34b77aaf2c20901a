using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Forwarding;

/// <summary>
/// The body of one client request, kept so that attempts can repeat it: read ahead whole up to the limit, else what
/// was read so far and the rest as it comes, which only one attempt can send.
/// </summary>
internal sealed class RequestBody
{
    /// <summary>The rest is not read any more.</summary>
    private static readonly TaskCompletionSource Ended = new();

    /// <summary>How long an attempt that is over may take to let go of the client's body.</summary>
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    /// <summary>How long the reading ahead of a body without a length may take.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly PipeReader? _rest;
    private readonly long? _length;
    private readonly long _keep;
    private byte[]? _rented;
    private ReadOnlyMemory<byte> _head;
    private TaskCompletionSource? _taken;
    private bool _isPartlyGone;
    private long _closedAt;
    private int _writers;
    private long _received;

    private readonly TimeProvider? _time;

    private RequestBody(PipeReader? rest, ReadOnlyMemory<byte> head, byte[]? rented, long? length, long keep = 0, TimeProvider? duplex = null)
    {
        _time = duplex;
        _rest = rest;
        _head = head;
        _rented = rented;
        _length = length;
        _keep = keep;
        _received = head.Length;
    }

    /// <summary>Bytes of it that the client has sent so far.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>True: another attempt can send it: whatever of it was taken so far is in memory.</summary>
    public bool CanSend => _rest is null || (!Volatile.Read(ref _isPartlyGone) && !ReferenceEquals(Volatile.Read(ref _taken), Ended));

    /// <summary>True: the whole body is in memory and every attempt can send it.</summary>
    public bool IsWhole => _rest is null;

    /// <summary>A call that talks in both directions: it has no end that anything could wait for.</summary>
    public bool IsDuplex => _time is not null;

    /// <summary>When the client had sent the last of a body that is <see cref="IsDuplex"/>; 0: it still sends.</summary>
    public long ClosedAt => Volatile.Read(ref _closedAt);

    /// <summary>The client waits for an interim response before it sends the body (RFC 9110, section 10.1.1): so does the destination's head.</summary>
    public bool ExpectsContinue { get; private init; }

    /// <summary>Its length in bytes; null: it is not known before its end.</summary>
    public long? Length => _length;

    /// <summary>All of it, if it <see cref="IsWhole"/>.</summary>
    public ReadOnlyMemory<byte> Whole => _head;

    /// <summary>A body of zero bytes. It holds nothing, so that all requests share it.</summary>
    public static RequestBody Empty { get; } = new(null, ReadOnlyMemory<byte>.Empty, null, 0);

    /// <summary>Reads the client's body up to <paramref name="limit"/> bytes.</summary>
    /// <exception cref="BadHttpRequestException">The client broke the framing or sent more than the gateway takes.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context, long limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var reader = context.Request.BodyReader;
        var declared = context.Request.ContentLength;
        if (ExpectsDuplex(context))
        {
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                // A client that listens to a stream may send nothing for long; Kestrel would end the whole connection after five seconds of it.
                rate.MinDataRate = null;
            }

            return new RequestBody(reader, ReadOnlyMemory<byte>.Empty, null, declared, keep: limit, duplex: time);
        }

        if (declared > limit || limit <= 0 || ExpectsInterim(context))
        {
            // Reading it would tell the client to send it, before the destination had its say.
            return new RequestBody(reader, ReadOnlyMemory<byte>.Empty, null, declared) { ExpectsContinue = ExpectsInterim(context) };
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(declared ?? 4096, limit));
        var filled = 0;
        // A body without a length may be one side of a conversation: it is not waited for without end.
        ITimer? enough = null;
        try
        {
            while (true)
            {
                var reading = reader.ReadAsync(cancellationToken);
                if (!reading.IsCompleted && declared is null)
                {
                    enough ??= time.CreateTimer(static pipe => ((PipeReader)pipe!).CancelPendingRead(), reader, LongestPause, Timeout.InfiniteTimeSpan);
                }

                var read = await reading.ConfigureAwait(false);
                var sequence = read.Buffer;
                if (read.IsCanceled)
                {
                    reader.AdvanceTo(sequence.Start, sequence.Start);
                    return new RequestBody(reader, buffer.AsMemory(0, filled), buffer, declared, keep: limit);
                }

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
        catch (Exception exception)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (exception is BadHttpRequestException or OperationCanceledException || cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            // Kestrel's own parser gave up on it, by whatever exception: the size of a chunk that overflows is one.
            throw new BadHttpRequestException("The body of the request could not be read.", StatusCodes.Status400BadRequest, exception);
        }
        finally
        {
            if (enough is not null)
            {
                await enough.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>A content for one attempt. A body that is not whole can be given only once.</summary>
    public AttemptContent ForAttempt() => new(this, _length);

    /// <summary>
    /// The exchange is over: once this returns, the client's body is not read any more. A destination may answer before it has taken the whole
    /// body; were the sending left to itself, it would go on with the bytes of the client's next request.
    /// </summary>
    /// <returns>False: something still reads it, and the client's connection must not be used again.</returns>
    public async ValueTask<bool> EndAsync(TimeProvider time)
    {
        if (_rest is null || Interlocked.Exchange(ref _taken, Ended) is not { Task.IsCompleted: false } taken || ReferenceEquals(taken, Ended))
        {
            return true;
        }

        _rest.CancelPendingRead();
        try
        {
            await taken.Task.WaitAsync(EndWithin, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // The response says it: the caller ends the connection.
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

    internal Task WriteToAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken) =>
        _rest is null && _head.IsEmpty ? Task.CompletedTask : WriteBytesAsync(stream, content, cancellationToken);

    private async Task WriteBytesAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writers);
        try
        {
            if (_rest is not null)
            {
                await TakeAsync(_rest, stream, content, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await stream.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _writers);
        }
    }

    /// <summary>One attempt at a time reads the client's body; the next one begins with what those before it have taken.</summary>
    private async ValueTask TakeAsync(PipeReader rest, Stream stream, AttemptContent content, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (Interlocked.CompareExchange(ref _taken, mine, null) is { } other)
        {
            if (!CanSend)
            {
                throw new OperationCanceledException("The request is over, or another attempt has taken its body.");
            }

            // An attempt that failed lets go a moment later than it says so.
            await other.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            if (!_head.IsEmpty)
            {
                await stream.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            while (true)
            {
                ReadResult read;
                try
                {
                    var reading = rest.ReadAsync(cancellationToken);
                    if (reading.IsCompleted)
                    {
                        read = await reading.ConfigureAwait(false);
                    }
                    else
                    {
                        content.Attempt?.AwaitClient(maySilent: IsDuplex);
                        read = await reading.ConfigureAwait(false);
                        content.Attempt?.ClientCame();
                    }
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    content.ClientFailure = exception;
                    throw;
                }

                try
                {
                    // The timer of the reading ahead may have come too late to be seen there: that alone is no end.
                    if (read.IsCanceled && ReferenceEquals(Volatile.Read(ref _taken), Ended))
                    {
                        throw new OperationCanceledException("The request is over.");
                    }

                    // One attempt at a time is here.
                    Volatile.Write(ref _received, _received + read.Buffer.Length);
                    Keep(read.Buffer);
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
                    Volatile.Write(ref _closedAt, _time?.GetTimestamp() ?? 0);
                    return;
                }

                // A client that drips its body must reach the destination as it drips.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (CanSend)
            {
                Interlocked.CompareExchange(ref _taken, null, mine);
            }

            mine.TrySetResult();
        }
    }

    /// <summary>Remembers what an attempt is about to send, as long as there is room for all of it.</summary>
    private void Keep(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty || _isPartlyGone)
        {
            return;
        }

        if (_keep < _head.Length + bytes.Length)
        {
            Volatile.Write(ref _isPartlyGone, true);
            return;
        }

        var length = _head.Length + (int)bytes.Length;
        if (_rented is null || _rented.Length < length)
        {
            _rented = _rented is null ? ArrayPool<byte>.Shared.Rent(length) : Grow(_rented, _head.Length, length);
        }

        bytes.CopyTo(_rented.AsSpan(_head.Length));
        _head = _rented.AsMemory(0, length);
    }

    /// <summary>gRPC talks in both directions at once: waiting for its whole request would wait for ever.</summary>
    private static bool ExpectsDuplex(HttpContext context) =>
        context.Request.ContentLength is null && Grpc.Is(context.Request);

    private static bool ExpectsInterim(HttpContext context) =>
        context.Request.Headers.Expect is [{ } expect] && expect.Equals("100-continue", StringComparison.OrdinalIgnoreCase) && !HttpProtocol.IsHttp10(context.Request.Protocol);

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
    }

    /// <summary>
    /// False: not one byte of the request has left. Over HTTP/1.1 SocketsHttpHandler keeps the head in its buffer until
    /// it asks the content for its bytes, so a failure before that is certain not to have reached the destination.
    /// </summary>
    public bool Started { get; private set; }

    /// <summary>All of it was sent.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Whose content it is: told when the client keeps it waiting.</summary>
    public Attempt? Attempt { get; set; }

    /// <summary>Why the client's body could not be read: the destination is not to blame for what follows, and what follows no longer tells why.</summary>
    public Exception? ClientFailure { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Started)
        {
            // Only one reason makes SocketsHttpHandler send it again, and only the plan may.
            throw new RefusedStreamException();
        }

        Started = true;
        await _body.WriteToAsync(stream, this, cancellationToken).ConfigureAwait(false);
        IsSent = true;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length is not null;
    }
}
