namespace Gateway.Forwarding.Requests;

/// <summary>A request body that is in memory: every attempt can send it, several at a time.</summary>
/// <param name="bytes">All of it.</param>
internal sealed class WholeRequestBody(PooledBytes bytes) : RequestBody(bytes.Length)
{
    private readonly PooledBytes _bytes = bytes;

    /// <inheritdoc/>
    public override long Received => _bytes.Length;

    /// <inheritdoc/>
    public override bool CanSend => true;

    /// <inheritdoc/>
    public override bool IsWhole => true;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Whole => _bytes.Memory;

    /// <inheritdoc/>
    protected override void ReturnBytes() => _bytes.Return();

    /// <inheritdoc/>
    protected override ValueTask SendAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken) =>
        stream.WriteAsync(_bytes.Memory, cancellationToken);
}
