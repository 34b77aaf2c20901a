using System.Buffers;
using System.IO.Compression;
using Gateway.Upstream;

namespace Gateway.Forwarding.Compression;

/// <summary>
/// Compresses with Brotli (RFC 7932) in a window of a chosen size, which the framework's stream does not let one choose: its own of 4 MiB
/// would cost many megabytes for each client that reads slowly.
/// </summary>
/// <param name="output">Takes the compressed bytes, and is left open.</param>
/// <param name="quality">0 to 11.</param>
/// <param name="window">The window's size as a power of two: 10 to 24.</param>
internal sealed class BrotliOutput(Stream output, int quality, int window) : WriteOnlyStream
{
    private const int Piece = 16 * 1024;

    private readonly byte[] _piece = ArrayPool<byte>.Shared.Rent(Piece);
    private BrotliEncoder _encoder = new(quality, window);
    private bool _isEnded;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            _encoder.Compress(buffer.Span, _piece, out var consumed, out var written, isFinalBlock: false);
            buffer = buffer[consumed..];
            await output.WriteAsync(_piece.AsMemory(0, written), cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        OperationStatus status;
        do
        {
            status = _encoder.Flush(_piece, out var written);
            await output.WriteAsync(_piece.AsMemory(0, written), cancellationToken).ConfigureAwait(false);
        }
        while (status == OperationStatus.DestinationTooSmall);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the end.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;
        try
        {
            OperationStatus status;
            do
            {
                status = _encoder.Compress([], _piece, out _, out var written, isFinalBlock: true);
                await output.WriteAsync(_piece.AsMemory(0, written), CancellationToken.None).ConfigureAwait(false);
            }
            while (status == OperationStatus.DestinationTooSmall);
        }
        finally
        {
            _encoder.Dispose();
            ArrayPool<byte>.Shared.Return(_piece);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }
}
