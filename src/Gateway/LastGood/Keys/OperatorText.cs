using System.Text;

namespace Gateway.LastGood.Keys;

/// <summary>The keys and prefixes that an operator writes, in the form that the store keeps.</summary>
internal static class OperatorText
{
    /// <summary>
    /// What an operator writes of a key or path, in the form that keys have: escapes in their normal form, characters outside ASCII
    /// escaped. The rest of a listed key, which begins at its first blank, stays as it is. Secret values of the query become digests, so
    /// that they are found and not written to a log.
    /// </summary>
    public static string Normalised(string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var target = blank < 0 ? text : text.AsSpan(0, blank);
        if (Ascii.IsValid(target) && !target.ContainsAny('%', '?'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length + 16);
        Span<char> undone = stackalloc char[3];
        Span<byte> bytes = stackalloc byte[4];
        for (var rest = target; !rest.IsEmpty;)
        {
            if (rest.StartsWith("%%", StringComparison.Ordinal))
            {
                // A percent sign that begins no escape, as keys are listed.
                result.Append("%%");
                rest = rest[2..];
                continue;
            }

            if (EscapedText.IsEscape(rest))
            {
                result.Append(undone[..EscapedText.Undo(rest[1..3], undone)]);
                rest = rest[3..];
                continue;
            }

            Rune.DecodeFromUtf16(rest, out var rune, out var consumed);
            if (rune.IsAscii)
            {
                result.Append((char)rune.Value);
            }
            else
            {
                foreach (var one in bytes[..rune.EncodeToUtf8(bytes)])
                {
                    result.Append('%').Append(EscapedText.Digits[one >> 4]).Append(EscapedText.Digits[one & 15]);
                }
            }

            rest = rest[consumed..];
        }

        return WithDigests(result.ToString()) + text[target.Length..];
    }

    private static string WithDigests(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        if (query < 0)
        {
            return target;
        }

        var key = new KeyBuilder(stackalloc char[256]);
        try
        {
            key.Append(target.AsSpan(0, query));
            var separator = '?';
            foreach (var part in target.AsSpan(query + 1).Split('&'))
            {
                var parameter = target.AsSpan(query + 1)[part];
                var value = QueryText.NameOf(parameter).Length + 1;
                key.Append(separator);
                separator = '&';
                if (value < parameter.Length && parameter[value] == '#' && parameter.Length - value == KeyBuilder.DigestLength)
                {
                    // A listed key: the digest is there already.
                    key.Append(parameter);
                }
                else
                {
                    QueryText.Append(parameter, 0, ref key);
                }
            }

            return key.TooLong ? target : key.Text.ToString();
        }
        finally
        {
            key.Dispose();
        }
    }
}
