namespace Gateway.LastGood.Keys;

/// <summary>
/// The one normal form of percent-encoded text (RFC 3986, section 6.2.2): escapes of unreserved characters undone, hex digits in upper
/// case, and nothing else.
/// </summary>
/// <remarks>
/// <c>%7E</c> and <c>~</c> are one text, <c>%2f</c> and <c>%2F</c> too; <c>%2F</c> and <c>/</c> are two, since a reserved character and its
/// escape may mean different resources (section 2.2). A percent sign that begins no escape is doubled, so that <c>%%41%42</c> does not
/// become the <c>%AB</c> of another target.
/// </remarks>
internal static class EscapedText
{
    private const int Piece = 128;

    /// <summary>The longest normal form of a text.</summary>
    public static int RoomFor(int rawLength) => rawLength * 2;

    /// <summary>Writes the normal form.</summary>
    /// <returns>Its length.</returns>
    public static int Normalise(ReadOnlySpan<char> raw, Span<char> to)
    {
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            if (c != '%')
            {
                to[length++] = c;
            }
            else if (IsEscape(raw[i..]))
            {
                length += Undo(raw.Slice(i + 1, 2), to[length..]);
                i += 2;
            }
            else
            {
                to[length++] = '%';
                to[length++] = '%';
            }
        }

        return length;
    }

    /// <summary>Adds the normal form to a key.</summary>
    public static void Append(scoped ReadOnlySpan<char> raw, ref KeyBuilder key)
    {
        Span<char> room = stackalloc char[Piece * 2];
        while (!raw.IsEmpty)
        {
            // A piece never ends inside an escape.
            var length = Math.Min(raw.Length, Piece);
            if (length < raw.Length && raw[(length - 2)..length].IndexOf('%') is >= 0 and var at)
            {
                length = length - 2 + at;
            }

            key.Append(room[..Normalise(raw[..length], room)]);
            raw = raw[length..];
        }
    }

    internal static ReadOnlySpan<char> Digits => "0123456789ABCDEF";

    internal static bool IsEscape(ReadOnlySpan<char> text) =>
        text.Length > 2 && text[0] == '%' && char.IsAsciiHexDigit(text[1]) && char.IsAsciiHexDigit(text[2]);

    internal static int Undo(ReadOnlySpan<char> hex, Span<char> to)
    {
        var value = (char)((Digit(hex[0]) << 4) | Digit(hex[1]));
        if (char.IsAsciiLetterOrDigit(value) || value is '-' or '.' or '_' or '~')
        {
            to[0] = value;
            return 1;
        }

        to[0] = '%';
        to[1] = char.ToUpperInvariant(hex[0]);
        to[2] = char.ToUpperInvariant(hex[1]);
        return 3;
    }

    private static int Digit(char hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
