using System.Buffers;

namespace Gateway.Upstream.Http1;

/// <summary>
/// What one connection has received and the reader has not consumed. It holds most heads and small responses; a longer head makes it grow,
/// up to <see cref="ResponseHead.MaxLength"/>.
/// </summary>
internal sealed class ReceiveBuffer
{
    private const int FirstSize = 8 * 1024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(FirstSize);
    private bool _isRented;
    private int _start;
    private int _end;

    /// <summary>What was received and not consumed.</summary>
    public ReadOnlySpan<byte> Received => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Room behind what was received.</summary>
    public Memory<byte> Room => _bytes.AsMemory(_end);

    /// <summary>So much was received into the room.</summary>
    public void Append(int count) => _end += count;

    /// <summary>Drops what was read of what was received.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Holds no memory until there is something to receive; only when all that was received is consumed.</summary>
    public void Release()
    {
        if (_isRented)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _isRented = false;
        }

        _bytes = [];
        _start = _end = 0;
    }

    /// <summary>Is as it was at first; only when all that was received is consumed.</summary>
    public void Reset()
    {
        _start = _end = 0;
        if (_bytes.Length != FirstSize)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(FirstSize);
            _isRented = false;
        }
    }

    /// <summary>Makes sure that there is room to receive into.</summary>
    public void MakeRoom()
    {
        if (_bytes.Length == 0)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
            _isRented = true;
        }

        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _bytes.Length && _start > 0)
        {
            Received.CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }
        else if (_end == _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Min(_bytes.Length * 2, ResponseHead.MaxLength));
            _isRented = false;
        }
    }
}
