namespace Gateway.Upstream.Http1;

/// <summary>Where a chunked body stands (RFC 9112, section 7.1). Pure: it is given what was received and says what of it is what.</summary>
internal struct ChunkReader
{
    /// <summary>Longest line of a chunk's length in bytes, with its extensions.</summary>
    public const int MaxLine = 4096;

    private State _state;
    private long _left;

    /// <summary>The last chunk was read; what follows up to an empty line are trailers.</summary>
    public readonly bool IsAtTrailers => _state == State.Trailers;

    /// <summary>Looks at what was received.</summary>
    /// <param name="bytes">What was received and not taken yet.</param>
    /// <param name="skip">So much of it stands between pieces of content: take it away first.</param>
    /// <returns>How much content follows it; 0: more is needed, or <see cref="IsAtTrailers"/>.</returns>
    /// <exception cref="HttpIOException">It is not chunked.</exception>
    public int Next(ReadOnlySpan<byte> bytes, out int skip)
    {
        skip = 0;
        while (true)
        {
            var rest = bytes[skip..];
            switch (_state)
            {
                case State.Content:
                    return (int)Math.Min(_left, rest.Length);
                case State.Trailers:
                    return 0;
            }

            // A line: the length of the next chunk, or the empty one behind the last.
            var length = rest.IndexOf((byte)'\n');
            if (length < 0 ? rest.Length > MaxLine : length > MaxLine)
            {
                throw Invalid();
            }

            if (length < 0)
            {
                return 0;
            }

            skip += length + 1;
            var line = length > 0 && rest[length - 1] == '\r' ? rest[..(length - 1)] : rest[..length];
            if (_state == State.Between)
            {
                if (!line.IsEmpty)
                {
                    throw Invalid();
                }

                _state = State.Length;
                continue;
            }

            _left = LengthOf(line);
            _state = _left > 0 ? State.Content : State.Trailers;
        }
    }

    /// <summary>So much content was read.</summary>
    public void Consume(int count)
    {
        _left -= count;
        if (_left == 0)
        {
            _state = State.Between;
        }
    }

    private static long LengthOf(ReadOnlySpan<byte> line)
    {
        long length = 0;
        var digits = 0;
        foreach (var character in line)
        {
            if (!char.IsAsciiHexDigit((char)character))
            {
                // Extensions and the space before them are ignored.
                if (character is (byte)';' or (byte)' ' or (byte)'\t')
                {
                    break;
                }

                throw Invalid();
            }

            // More would not fit into a long.
            if (++digits > 15)
            {
                throw Invalid();
            }

            length = (length << 4) + (character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10);
        }

        return digits > 0 ? length : throw Invalid();
    }

    private static HttpIOException Invalid() =>
        new(HttpRequestError.InvalidResponse, "The response says that it comes in chunks, and does not.");

    private enum State
    {
        Length,
        Content,
        Between,
        Trailers,
    }
}
