namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// Finds the events in a stream of server-sent events (WHATWG HTML, section 9.2.6). Pure: bytes in, the first whole event out.
/// Lines end in LF, CR LF or CR; an empty line ends an event.
/// </summary>
internal static class EventScanner
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// The length of the byte order mark with which a stream may start (WHATWG HTML, section 9.2.5); 0: it does
    /// not; null: more bytes decide.
    /// </summary>
    public static int? MarkLength(ReadOnlySpan<byte> start) =>
        start.StartsWith(ByteOrderMark) ? ByteOrderMark.Length
        : ByteOrderMark.StartsWith(start) ? null
        : 0;

    /// <summary>The first whole event in <paramref name="bytes"/>, its empty line included.</summary>
    /// <param name="bytes">From the start of an event.</param>
    /// <param name="from">Where a line began up to which nothing was found last time; moved on for the next time.</param>
    /// <param name="end">Where the event ends.</param>
    public static bool TryFindEnd(ReadOnlySpan<byte> bytes, ref int from, out int end)
    {
        var line = from;
        while (true)
        {
            var rest = bytes[line..];
            var at = rest.IndexOfAny((byte)'\n', (byte)'\r');
            if (at < 0)
            {
                break;
            }

            var next = line + at + 1;
            if (rest[at] == '\r' && next < bytes.Length && bytes[next] == '\n')
            {
                next++;
            }
            else if (rest[at] == '\r' && next == bytes.Length && at != 0)
            {
                // The LF of this CR may be on its way; after an empty line it would only be one more empty line.
                break;
            }

            if (at == 0)
            {
                from = 0;
                end = next;
                return true;
            }

            line = next;
        }

        from = line;
        end = 0;
        return false;
    }

    /// <summary>Reads the fields of one event that matter here.</summary>
    public static EventFields Read(ReadOnlySpan<byte> oneEvent)
    {
        var hasData = false;
        var id = default(Range?);
        var position = 0;
        while (position < oneEvent.Length)
        {
            var rest = oneEvent[position..];
            var length = rest.IndexOfAny((byte)'\n', (byte)'\r');
            if (length < 0)
            {
                length = rest.Length;
            }

            var line = rest[..length];
            if (line.StartsWith("data:"u8))
            {
                hasData |= !line[5..].Trim((byte)' ').IsEmpty;
            }
            else if (line.StartsWith("id:"u8) && !line.Contains((byte)0))
            {
                var start = position + 3 + (line.Length > 3 && line[3] == ' ' ? 1 : 0);
                id = start..(position + length);
            }
            else if (line.SequenceEqual("id"u8))
            {
                // A line without a colon is a field with an empty value.
                id = (position + length)..(position + length);
            }

            position += length + 1;
        }

        return new EventFields(hasData, id);
    }
}

/// <summary>What one event says.</summary>
/// <param name="HasData">A data field that is not empty: something that a user would see.</param>
/// <param name="Id">Where in the event its id stands, which may be empty; null: it has none.</param>
internal readonly record struct EventFields(bool HasData, Range? Id);
