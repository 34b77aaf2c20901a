namespace Gateway.LastGood;

/// <summary>A query in its normal form: escapes of unreserved characters undone, hex digits in upper case, parameters sorted by name.</summary>
/// <remarks>
/// Only what RFC 3986, section 6.2.2, calls equivalent is made equal: <c>%41</c> and <c>A</c>, <c>%2f</c> and <c>%2F</c>; not <c>+</c> and <c>%20</c>, which services read differently.
/// Parameters of one name keep their order, because the first or the last of them may be the one that counts.
/// </remarks>
internal static class QueryText
{
    /// <summary>A query with more parameters has no key.</summary>
    public const int MaxParameters = 64;

    /// <summary>Room that the normal form of a query may need.</summary>
    public static int RoomFor(int rawLength) => rawLength * 3;

    /// <summary>Writes the normal form of every parameter to <paramref name="text"/> and their places, sorted, to <paramref name="parameters"/>.</summary>
    /// <returns>The count of parameters; -1: there are more than <paramref name="parameters"/> holds.</returns>
    public static int Normalise(ReadOnlySpan<char> raw, Span<char> text, Span<Range> parameters)
    {
        var count = 0;
        var length = 0;
        if (!raw.IsEmpty && raw[0] == '?')
        {
            raw = raw[1..];
        }

        foreach (var part in raw.Split('&'))
        {
            var parameter = raw[part];
            if (parameter.IsEmpty)
            {
                continue;
            }

            if (count == parameters.Length)
            {
                return -1;
            }

            var start = length;
            length += Unescape(parameter, text[length..]);
            Insert(text, parameters, count++, start..length);
        }

        return count;
    }

    /// <summary>The name of a normalised parameter.</summary>
    public static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> parameter)
    {
        var equals = parameter.IndexOf('=');
        return equals < 0 ? parameter : parameter[..equals];
    }

    // Stable insertion: queries have a handful of parameters, mostly in order already.
    private static void Insert(ReadOnlySpan<char> text, Span<Range> parameters, int count, Range added)
    {
        var at = count;
        while (at > 0 && NameOf(text[parameters[at - 1]]).SequenceCompareTo(NameOf(text[added])) > 0)
        {
            parameters[at] = parameters[at - 1];
            at--;
        }

        parameters[at] = added;
    }

    private static int Unescape(ReadOnlySpan<char> raw, Span<char> to)
    {
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            if (c == '%' && i + 2 < raw.Length && char.IsAsciiHexDigit(raw[i + 1]) && char.IsAsciiHexDigit(raw[i + 2]))
            {
                var value = (char)((Digit(raw[i + 1]) << 4) | Digit(raw[i + 2]));
                if (char.IsAsciiLetterOrDigit(value) || value is '-' or '.' or '_' or '~')
                {
                    to[length++] = value;
                }
                else
                {
                    to[length++] = '%';
                    to[length++] = char.ToUpperInvariant(raw[i + 1]);
                    to[length++] = char.ToUpperInvariant(raw[i + 2]);
                }

                i += 2;
            }
            else if (c is <= ' ' or '\x7f' or '%')
            {
                // A lone percent sign or a blank: escaped, so that the key's own separators stay unmistakable.
                to[length++] = '%';
                to[length++] = "0123456789ABCDEF"[c >> 4];
                to[length++] = "0123456789ABCDEF"[c & 15];
            }
            else
            {
                to[length++] = c;
            }
        }

        return length;
    }

    private static int Digit(char hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
