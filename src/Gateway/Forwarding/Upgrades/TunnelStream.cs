using System.Buffers.Binary;
using Gateway.Observability;

namespace Gateway.Forwarding.Upgrades;

/// <summary>
/// A user's side of a WebSocket. It follows the frames (RFC 6455, section 5.2) that go to the user, so that the gateway, when it stops, can
/// say <c>1001, going away</c> between two of them; what the destination sends after that is dropped, and the user's own close frame goes
/// on to it. Only the bytes of frames' heads are looked at.
/// </summary>
/// <param name="user">The user's side.</param>
/// <param name="isWebSocket">Its frames are followed; of another protocol nothing is known.</param>
/// <param name="ended">Told when the user sends no more.</param>
/// <param name="record">Gets the number of bytes; each direction has one writer.</param>
internal sealed class TunnelStream(Stream user, bool isWebSocket = true, Action? ended = null, RequestRecord? record = null) : Stream
{
    private const int LongestHead = 10;

    private static readonly byte[] GoingAway = [0x88, 0x02, 0x03, 0xE9];

    private readonly SemaphoreSlim _turn = new(1);
    private readonly byte[] _head = new byte[LongestHead];
    private int _headLength;
    private ulong _payload;
    private bool _closeWanted;
    private bool _saysItself;
    private bool _isClosed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Says it now, or as soon as the frame under way has ended.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _closeWanted = isWebSocket;
            await SayAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await user.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0 && buffer.Length > 0)
        {
            ended?.Invoke();
        }

        record?.BytesIn += count;
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isClosed)
            {
                return;
            }

            if (!_closeWanted || _saysItself)
            {
                if (isWebSocket)
                {
                    Follow(buffer.Span, stopAtEnd: false);
                }

                await user.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
                Wrote(buffer.Length);
                return;
            }

            var rest = buffer[..Follow(buffer.Span, stopAtEnd: true)];
            await user.WriteAsync(rest, cancellationToken).ConfigureAwait(false);
            Wrote(rest.Length);
            await SayAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => user.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            user.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Wrote(int count)
    {
        if (record is not null)
        {
            record.BytesOut = record.BytesOut.GetValueOrDefault() + count;
        }
    }

    private async ValueTask SayAsync(CancellationToken cancellationToken)
    {
        if (!isWebSocket || _isClosed || _saysItself || _headLength > 0 || _payload > 0)
        {
            return;
        }

        _isClosed = true;
        await user.WriteAsync(GoingAway, cancellationToken).ConfigureAwait(false);
        await user.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Follows the frames; how many bytes belong to what goes on: all, or those up to the end of the frame under way.</summary>
    private int Follow(ReadOnlySpan<byte> bytes, bool stopAtEnd)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            if (stopAtEnd && _headLength == 0 && _payload == 0)
            {
                break;
            }

            if (_payload > 0)
            {
                var skipped = (int)Math.Min(_payload, (ulong)(bytes.Length - at));
                _payload -= (ulong)skipped;
                at += skipped;
                continue;
            }

            _head[_headLength++] = bytes[at++];
            if (_headLength < 2)
            {
                continue;
            }

            // A server's frames have no mask.
            var length = _head[1] & 0x7F;
            var needed = length switch { 126 => 4, 127 => 10, _ => 2 };
            if (_headLength < needed)
            {
                continue;
            }

            _payload = length switch
            {
                126 => BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)),
                127 => BinaryPrimitives.ReadUInt64BigEndian(_head.AsSpan(2)),
                _ => (ulong)length,
            };
            if ((_head[0] & 0x0F) == 8)
            {
                // The destination closes by itself: there is nothing to add.
                _saysItself = true;
            }

            _headLength = 0;
        }

        return at;
    }
}
