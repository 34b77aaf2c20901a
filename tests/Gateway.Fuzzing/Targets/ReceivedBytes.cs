using System.Net.Security;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// The bytes of a connection, in pieces, in the place of its TLS: the connection reads from it and needs no socket. Behind the last piece
/// the destination has closed.
/// </summary>
internal sealed class ReceivedBytes() : SslStream(new MemoryStream())
{
    private ReadOnlyMemory<byte> _bytes;
    private int[] _ends = [];
    private int _piece;
    private int _at;

    /// <summary>These come next, in pieces that end at these places.</summary>
    public void Set(ReadOnlyMemory<byte> bytes, int[] ends) => (_bytes, _ends, _piece, _at) = (bytes, ends, 0, 0);

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_piece >= _ends.Length || buffer.IsEmpty)
        {
            return ValueTask.FromResult(0);
        }

        var count = Math.Min(buffer.Length, _ends[_piece] - _at);
        _bytes.Slice(_at, count).CopyTo(buffer);
        _at += count;
        _piece += _at == _ends[_piece] ? 1 : 0;
        return ValueTask.FromResult(count);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // It is used for the next input again.
    }
}
