using System.Buffers.Text;
using System.Text;

namespace Gateway.Drills.Load;

/// <summary>How a response's body ends.</summary>
internal enum Framing : byte
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>After Content-Length bytes.</summary>
    Length,

    /// <summary>After the last chunk.</summary>
    Chunked,
}

/// <summary>The parsed head of a response: only what the generator needs, and strict about what decides the framing.</summary>
internal struct HttpHead
{
    /// <summary>The status code.</summary>
    public short Status;

    /// <summary>The value of <c>X-Fallback</c>.</summary>
    public FallbackSource FallbackSource;

    /// <summary>The server that responded.</summary>
    public byte Source;

    /// <summary>The server ends the connection after this response.</summary>
    public bool Closes;

    /// <summary>How the body ends.</summary>
    public Framing Framing;

    /// <summary>For <see cref="Framing.Length"/>.</summary>
    public long Length;

    /// <summary>Reads a head, without the empty line that ends it.</summary>
    /// <exception cref="MalformedResponseException">It breaks a rule.</exception>
    public static HttpHead Parse(ReadOnlySpan<byte> text, SourceNames sources)
    {
        var line = NextLine(ref text);
        if (line.Length < 12
            || !line.StartsWith("HTTP/1.1 "u8)
            || !Utf8Parser.TryParse(line.Slice(9, 3), out short status, out var used)
            || used != 3)
        {
            throw new MalformedResponseException($"The first line '{Encoding.Latin1.GetString(line)}' is not an HTTP/1.1 status line.");
        }

        var head = new HttpHead { Status = status, Length = -1 };
        while (!text.IsEmpty)
        {
            head.Read(NextLine(ref text), sources);
        }

        head.Decide();
        return head;
    }

    private void Read(ReadOnlySpan<byte> line, SourceNames sources)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[colon - 1] is (byte)' ' or (byte)'\t' || line[0] is (byte)' ' or (byte)'\t')
        {
            throw new MalformedResponseException($"The header line '{Encoding.Latin1.GetString(line)}' has no name before its colon.");
        }

        var name = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);

        // Length first, then the name: four of five headers are passed over by one comparison of integers.
        switch (name.Length)
        {
            case 7 when Is(name, "x-guide"u8):
                Source = sources.NumberOf(value);
                break;
            case 10 when Is(name, "x-fallback"u8):
                FallbackSource = FallbackOf(value);
                break;
            case 10 when Is(name, "connection"u8):
                Closes |= Is(value, "close"u8);
                break;
            case 14 when Is(name, "content-length"u8):
                ReadLength(value);
                break;
            case 17 when Is(name, "transfer-encoding"u8):
                if (!Is(value, "chunked"u8))
                {
                    throw new MalformedResponseException($"The transfer coding '{Encoding.Latin1.GetString(value)}' was not asked for.");
                }

                Framing = Framing.Chunked;
                break;
        }
    }

    private void ReadLength(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty
            || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(value, out long length, out _)
            || (Length >= 0 && Length != length))
        {
            throw new MalformedResponseException($"The Content-Length '{Encoding.Latin1.GetString(value)}' is not one number.");
        }

        Length = length;
    }

    private void Decide()
    {
        if (Framing == Framing.Chunked && Length >= 0)
        {
            throw new MalformedResponseException("The response has both Content-Length and Transfer-Encoding.");
        }

        if (Status is 204 or 304 or < 200)
        {
            Framing = Framing.None;
        }
        else if (Length >= 0)
        {
            Framing = Framing.Length;
        }
        else if (Framing != Framing.Chunked)
        {
            // HTTP/1.1 allows it, but there is no way to tell such a response's end from a cut.
            throw new MalformedResponseException("The response has neither Content-Length nor chunks: its end would be invisible.");
        }
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf("\r\n"u8);
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 2)..];
        return line;
    }

    private static FallbackSource FallbackOf(ReadOnlySpan<byte> value) =>
        Is(value, "last-good"u8) ? FallbackSource.LastGood
        : Is(value, "file"u8) ? FallbackSource.File
        : Is(value, "built-in"u8) ? FallbackSource.BuiltIn
        : FallbackSource.Unknown;

    private static bool Is(ReadOnlySpan<byte> value, ReadOnlySpan<byte> other) => Ascii.EqualsIgnoreCase(value, other);
}
