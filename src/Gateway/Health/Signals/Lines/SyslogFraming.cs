namespace Gateway.Health.Signals.Lines;

/// <summary>
/// Tells the messages of a TCP connection apart (RFC 6587): each has its length before it, or ends with its line. Of a message that is
/// longer than is looked at, the beginning is taken. Bounded; not thread-safe.
/// </summary>
internal sealed class SyslogFraming
{
    private const int MostDigits = 9;

    private readonly byte[] _buffer = new byte[LogTail.LongestLine + 64];
    private int _length;
    private long _skip;
    private bool _skipsLine;

    /// <summary>Where the next bytes go.</summary>
    public Memory<byte> Free => _buffer.AsMemory(_length);

    /// <summary>Bytes have come; takes the messages that are whole.</summary>
    /// <param name="count">How many.</param>
    /// <param name="take">Takes a message; its bytes are the framing's again when it returns.</param>
    public void Advance(int count, Action<ReadOnlyMemory<byte>> take)
    {
        _length += count;
        var used = 0;
        while (used < _length && Next(used, take) is > 0 and var more)
        {
            used += more;
        }

        _buffer.AsSpan(used, _length - used).CopyTo(_buffer);
        _length -= used;
    }

    /// <summary>The connection has ended: what has no end is a message, too.</summary>
    public void End(Action<ReadOnlyMemory<byte>> take)
    {
        if (_length > 0 && _skip == 0 && !_skipsLine)
        {
            var head = Math.Max(0, HeadOf(_buffer.AsSpan(0, _length), out _));
            take(_buffer.AsMemory(head, _length - head));
        }

        _length = 0;
    }

    // How many bytes are used; 0: more must come first.
    private int Next(int at, Action<ReadOnlyMemory<byte>> take)
    {
        var rest = _buffer.AsSpan(at, _length - at);
        if (_skip > 0)
        {
            var skipped = (int)Math.Min(_skip, rest.Length);
            _skip -= skipped;
            return skipped;
        }

        if (_skipsLine)
        {
            var end = rest.IndexOf((byte)'\n');
            _skipsLine = end < 0;
            return end < 0 ? rest.Length : end + 1;
        }

        if (rest[0] is (byte)'\n' or (byte)'\r' or (byte)' ' or 0)
        {
            return 1;
        }

        var isFull = at == 0 && _length == _buffer.Length;
        return HeadOf(rest, out var size) switch
        {
            < 0 when !isFull => 0,
            > 0 and var head => Counted(at, head, size, isFull, take),
            _ => Line(at, isFull, take),
        };
    }

    private int Counted(int at, int head, int size, bool isFull, Action<ReadOnlyMemory<byte>> take)
    {
        var there = _length - at - head;
        if (there >= size)
        {
            take(_buffer.AsMemory(at + head, size));
            return head + size;
        }

        if (!isFull)
        {
            return 0;
        }

        take(_buffer.AsMemory(head, there));
        _skip = size - there;
        return _length;
    }

    private int Line(int at, bool isFull, Action<ReadOnlyMemory<byte>> take)
    {
        var end = _buffer.AsSpan(at, _length - at).IndexOf((byte)'\n');
        if (end >= 0)
        {
            take(_buffer.AsMemory(at, end));
            return end + 1;
        }

        if (!isFull)
        {
            return 0;
        }

        take(_buffer.AsMemory(0, _length));
        _skipsLine = true;
        return _length;
    }

    // How long the number before a message is, with its blank; 0: there is none, the message ends with its line; -1: more must come first.
    private static int HeadOf(ReadOnlySpan<byte> rest, out int size)
    {
        size = 0;
        var digits = 0;
        while (digits < rest.Length && rest[digits] is >= (byte)'0' and <= (byte)'9')
        {
            if (digits == MostDigits)
            {
                return 0;
            }

            size = (size * 10) + (rest[digits++] - '0');
        }

        if (digits == 0 || rest[0] == '0')
        {
            return 0;
        }

        // The blank and "<" are part of it: a line of text may begin with a number, too.
        ReadOnlySpan<byte> after = " <"u8;
        var there = Math.Min(after.Length, rest.Length - digits);
        return !rest.Slice(digits, there).SequenceEqual(after[..there]) ? 0
            : there < after.Length ? -1
            : digits + 1;
    }
}
