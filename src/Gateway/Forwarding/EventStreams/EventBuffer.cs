using System.Buffers;

namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// What was received of an event stream and not handed on yet, from where an event begins. While it is empty it holds no memory.
/// </summary>
internal sealed class EventBuffer
{
    /// <summary>An event that is longer does not wait here for its end.</summary>
    private const int MaxEvent = 64 * 1024;
    private const int Piece = 4 * 1024;

    private byte[]? _bytes;
    private int _scanned;
    private int _mark;
    private int _firstMark;
    private bool _atStart = true;
    private bool _isContinued;

    /// <summary>How much there is.</summary>
    public int Length { get; private set; }

    /// <summary>There is as much as is kept, whether or not that is a whole event.</summary>
    public bool IsFull => Length >= MaxEvent;

    /// <summary>Room behind what there is, to be received into.</summary>
    public Memory<byte> MakeRoom()
    {
        _bytes ??= ArrayPool<byte>.Shared.Rent(Piece);
        if (Length == _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsMemory(Length);
    }

    /// <summary>So much was received into the room.</summary>
    public void Append(int count)
    {
        Length += count;
        if (_atStart && count > 0)
        {
            FindMark();
        }
    }

    /// <summary>The first whole event behind <paramref name="start"/>, where the event before it ended.</summary>
    public bool TryFindEvent(int start, out int length) =>
        EventScanner.TryFindEnd(_bytes.AsSpan(start, Length - start), ref _scanned, out length);

    /// <summary>Looks at everything again the next time, as for the first time.</summary>
    public void Rescan() => _mark = _scanned = _firstMark;

    /// <summary>The bytes of one event, without the byte order mark of its stream.</summary>
    public ReadOnlySpan<byte> Read(int start, int length)
    {
        var oneEvent = _bytes.AsSpan(start, length)[_mark..];
        _mark = 0;
        return oneEvent;
    }

    /// <summary>
    /// How much of an event that is too long may go on by itself: up to the start of a line, or, in one long line, up to the two bytes that
    /// an end of line may be half of.
    /// </summary>
    public int TakePiece()
    {
        var piece = _scanned > 0 ? _scanned : Length - 2;
        _mark = 0;
        _scanned = 0;
        return piece;
    }

    /// <summary>The first bytes; they stay until they are consumed.</summary>
    public ReadOnlyMemory<byte> First(int count) => _bytes.AsMemory(0, count);

    /// <summary>Drops the first bytes.</summary>
    public void Consume(int count)
    {
        _bytes.AsSpan(count, Length - count).CopyTo(_bytes);
        Length -= count;
        if (Length == 0)
        {
            Return();
        }
    }

    /// <summary>The stream goes on at another destination, which sends the event that was cut once more and whole.</summary>
    public void Restart()
    {
        Length = 0;
        _scanned = 0;
        _mark = 0;
        _isContinued = _atStart = true;
    }

    /// <summary>Leaves the memory to a read that may still write to it: it is not used again.</summary>
    public void Abandon()
    {
        _bytes = null;
        Length = 0;
    }

    /// <summary>Gives the memory back.</summary>
    public void Return()
    {
        if (_bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = null;
        }
    }

    /// <summary>
    /// A byte order mark is part of the first line; in the middle of a stream, where another destination begins, it would spoil one.
    /// </summary>
    private void FindMark()
    {
        if (EventScanner.MarkLength(_bytes.AsSpan(0, Length)) is not { } length)
        {
            return;
        }

        _atStart = false;
        if (_isContinued)
        {
            Consume(length);
            return;
        }

        _mark = _scanned = _firstMark = length;
    }
}
