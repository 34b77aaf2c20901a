using System.Buffers;
using System.IO.Pipelines;
using Gateway.Upstream;

namespace Gateway.Forwarding.Compression;

/// <summary>Takes compressed bytes into the writer of a response, and waits for the client once there are many.</summary>
internal sealed class CompressedOutput(PipeWriter writer) : WriteOnlyStream
{
    private const int MostUnsent = 16 * 1024;

    private int _unsent;
    private bool _isCut;

    /// <summary>Bytes so far.</summary>
    public long Sent { get; private set; }

    /// <summary>Takes nothing more: the end of the coding must not follow a body that has none.</summary>
    public void Cut() => _isCut = true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_isCut)
        {
            return;
        }

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
}
