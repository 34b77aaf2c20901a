using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Forwarding.Compression;

/// <summary>Takes compressed bytes into the writer of a response, and waits for the client once there are many.</summary>
internal sealed class CompressedOutput(PipeWriter writer) : Stream
{
    private const int MostUnsent = 16 * 1024;

    private int _unsent;

    /// <summary>Bytes so far.</summary>
    public long Sent { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        writer.Write(buffer);
        Sent += buffer.Length;
        _unsent += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return _unsent < MostUnsent ? default : new ValueTask(FlushAsync(cancellationToken));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        _unsent = 0;
        var sent = await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (sent.IsCompleted || sent.IsCanceled)
        {
            throw new IOException("The client has disconnected.");
        }
    }

    public override void Flush()
    {
        // A compressor that ends without waiting: its owner flushes.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
