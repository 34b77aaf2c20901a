using System.Text;

namespace Gateway.Health.Signals.Lines;

/// <summary>
/// A syslog message, of RFC 5424 or RFC 3164 as programs write it: its text and the host that it names. What is neither is a text as it
/// is. Pure; nothing of the message is trusted.
/// </summary>
internal static class SyslogMessage
{
    private const int LongestHost = 255;

    /// <summary>The text of a message; of RFC 3164 with its tag, which programs write as they like.</summary>
    /// <param name="message">Without its framing.</param>
    /// <param name="host">The host that it names; null: none.</param>
    public static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> message, out string? host)
    {
        host = null;
        message = message.TrimEnd("\r\n\0 "u8);
        if (!TakePriority(ref message))
        {
            return message;
        }

        var rest = message;
        return rest.StartsWith("1 "u8) && Text5424(rest[2..], out var text, out host) ? text : Text3164(message, out host);
    }

    // "<34>": a number up to 191.
    private static bool TakePriority(ref ReadOnlySpan<byte> message)
    {
        var end = message.IndexOf((byte)'>');
        if (end is < 2 or > 4
            || message[0] != '<'
            || !System.Buffers.Text.Utf8Parser.TryParse(message[1..end], out byte priority, out var used)
            || used != end - 1
            || priority > 191)
        {
            return false;
        }

        message = message[(end + 1)..];
        return true;
    }

    // TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]
    private static bool Text5424(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text, out string? host)
    {
        text = default;
        host = null;
        ReadOnlySpan<byte> name = default;
        for (var field = 0; field < 5; field++)
        {
            var blank = rest.IndexOf((byte)' ');
            if (blank <= 0)
            {
                return false;
            }

            name = field == 1 ? rest[..blank] : name;
            rest = rest[(blank + 1)..];
        }

        if (!SkipStructuredData(ref rest))
        {
            return false;
        }

        host = HostOf(name);
        text = rest.TrimStart((byte)' ');
        text = text.StartsWith("\uFEFF"u8) ? text["\uFEFF"u8.Length..] : text;
        return true;
    }

    // "-", or elements in brackets, in whose quotes a backslash goes before a quote, a bracket and itself.
    private static bool SkipStructuredData(ref ReadOnlySpan<byte> rest)
    {
        if (rest.StartsWith("-"u8))
        {
            rest = rest[1..];
            return rest.IsEmpty || rest[0] == ' ';
        }

        var isQuoted = false;
        var isOpen = false;
        for (var i = 0; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case (byte)'\\' when isQuoted:
                    i++;
                    break;
                case (byte)'"' when isOpen:
                    isQuoted = !isQuoted;
                    break;
                case (byte)'[' when !isOpen:
                    isOpen = true;
                    break;
                case (byte)']' when isOpen && !isQuoted:
                    isOpen = false;
                    if (i + 1 == rest.Length || rest[i + 1] == ' ')
                    {
                        rest = rest[(i + 1)..];
                        return true;
                    }

                    break;
                default:
                    if (!isOpen)
                    {
                        return false;
                    }

                    break;
            }
        }

        return false;
    }

    // "Oct 11 22:14:15 host tag: text", or with a date of ISO 8601; programs of the same machine leave the host out.
    private static ReadOnlySpan<byte> Text3164(ReadOnlySpan<byte> rest, out string? host)
    {
        host = null;
        var length = DateLengthOf(rest);
        if (length == 0)
        {
            return rest;
        }

        rest = rest[length..];
        var blank = rest.IndexOf((byte)' ');
        if (blank <= 0 || rest[blank - 1] == ':' || rest[..blank].Contains((byte)'['))
        {
            return rest;
        }

        host = HostOf(rest[..blank]);
        return host is null ? rest : rest[(blank + 1)..];
    }

    private static int DateLengthOf(ReadOnlySpan<byte> text)
    {
        const int classic = 15;
        if (text.Length > classic && text[3] == ' ' && text[6] == ' ' && text[9] == ':' && text[12] == ':' && text[classic] == ' ')
        {
            return classic + 1;
        }

        var blank = text.IndexOf((byte)' ');
        return blank is > 18 and < 40 && text[4] == '-' && text[10] == 'T' ? blank + 1 : 0;
    }

    private static string? HostOf(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > LongestHost || name.SequenceEqual("-"u8))
        {
            return null;
        }

        foreach (var letter in name)
        {
            if (letter is <= 32 or >= 127)
            {
                return null;
            }
        }

        return Encoding.ASCII.GetString(name);
    }
}
