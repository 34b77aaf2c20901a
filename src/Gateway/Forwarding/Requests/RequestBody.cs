namespace Gateway.Forwarding.Requests;

/// <summary>
/// The body of one client request, kept so that attempts can repeat it: read ahead whole up to the limit
/// (<see cref="WholeRequestBody"/>), else what was read so far and the rest as it comes (<see cref="StreamedRequestBody"/>).
/// </summary>
/// <param name="length">Its length in bytes; null: it is not known before its end.</param>
internal abstract class RequestBody(long? length)
{
    private int _writers;

    /// <summary>A body of zero bytes. It holds nothing, so that all requests share it.</summary>
    public static RequestBody Empty { get; } = new WholeRequestBody(default);

    /// <summary>Its length in bytes; null: it is not known before its end.</summary>
    public long? Length => length;

    /// <summary>Bytes of it that the client has sent so far.</summary>
    public abstract long Received { get; }

    /// <summary>True: another attempt can send it: whatever of it was taken so far is in memory.</summary>
    public abstract bool CanSend { get; }

    /// <summary>True: the whole body is in memory and every attempt can send it.</summary>
    public virtual bool IsWhole => false;

    /// <summary>All of it, if it <see cref="IsWhole"/>.</summary>
    public virtual ReadOnlyMemory<byte> Whole => ReadOnlyMemory<byte>.Empty;

    /// <summary>A call that talks in both directions: it has no end that anything could wait for.</summary>
    public virtual bool IsDuplex => false;

    /// <summary>When the client had sent the last of a body that is <see cref="IsDuplex"/>; 0: it still sends.</summary>
    public virtual long ClosedAt => 0;

    /// <summary>
    /// The client waits for an interim response before it sends the body (RFC 9110, section 10.1.1): so does the destination's head.
    /// </summary>
    public bool ExpectsContinue { get; init; }

    /// <summary>Reads the client's body up to <paramref name="limit"/> bytes.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">So many bytes are kept for further attempts.</param>
    /// <param name="most">So many bytes the body may have.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The request is over.</param>
    /// <exception cref="BadHttpRequestException">The client broke the framing or sent more than the gateway takes.</exception>
    public static ValueTask<RequestBody> ReadAsync(
        HttpContext context, long limit, long most, TimeProvider time, CancellationToken cancellationToken) =>
        RequestBodyReader.ReadAsync(context, limit, most, time, cancellationToken);

    /// <summary>A content for one attempt. A body that is not whole can be given only once.</summary>
    public AttemptContent ForAttempt() => new(this, length);

    /// <summary>
    /// The exchange is over: once this returns, the client's body is not read any more. A destination may answer before it has taken the
    /// whole body; were the sending left to itself, it would go on with the bytes of the client's next request.
    /// </summary>
    /// <returns>False: something still reads it, and the client's connection must not be used again.</returns>
    public virtual ValueTask<bool> EndAsync(TimeProvider time) => new(true);

    /// <summary>Gives the buffer back, unless it is still being sent: then it is left to the garbage collector.</summary>
    public void Return()
    {
        if (Volatile.Read(ref _writers) == 0)
        {
            ReturnBytes();
        }
    }

    /// <summary>Writes all of it, the rest as it comes.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="content">Of the attempt that sends it.</param>
    /// <param name="cancellationToken">The attempt is over.</param>
    public Task WriteToAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken) =>
        IsWhole && Whole.IsEmpty ? Task.CompletedTask : WriteBytesAsync(stream, content, cancellationToken);

    /// <summary>Gives the memory back that holds what was read of it.</summary>
    protected abstract void ReturnBytes();

    /// <inheritdoc cref="WriteToAsync"/>
    protected abstract ValueTask SendAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken);

    private async Task WriteBytesAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writers);
        try
        {
            await SendAsync(stream, content, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _writers);
        }
    }
}
