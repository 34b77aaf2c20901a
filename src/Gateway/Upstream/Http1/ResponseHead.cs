using System.Net;
using Microsoft.Extensions.Primitives;

namespace Gateway.Upstream.Http1;

/// <summary>
/// The head of an HTTP/1.1 response (RFC 9112): status, framing, and the headers that go further. Immutable, so that the next response of
/// the same connection can share what it repeats: most lines of a destination's responses are the same as those of the one before.
/// </summary>
internal sealed class ResponseHead
{
    /// <summary>Longest head in bytes that is read.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>Most lines that are read.</summary>
    public const int MaxLines = 1000;

    private readonly byte[] _raw;
    private readonly Line[] _lines;
    private readonly (string Name, StringValues Values)[] _fields;

    private ResponseHead(byte[] raw, Line[] lines, (string Name, StringValues Values)[] fields)
    {
        _raw = raw;
        _lines = lines;
        _fields = fields;
    }

    /// <summary>The status code.</summary>
    public required int Status { get; init; }

    /// <summary>1.1, or 1.0.</summary>
    public required Version Version { get; init; }

    /// <summary>What stands behind the status, if it is not the usual phrase.</summary>
    public string? Reason { get; private init; }

    /// <summary><c>Content-Length</c>; null: there is none, or the body comes in chunks, which says more.</summary>
    public long? Length { get; private init; }

    /// <summary>The body comes in chunks.</summary>
    public bool IsChunked { get; private init; }

    /// <summary>The connection can be used again once the body was read.</summary>
    public bool KeepsAlive { get; private init; }

    /// <summary>The headers that go further, in order; lines of one name are together.</summary>
    public ReadOnlySpan<(string Name, StringValues Values)> Fields => _fields;

    /// <summary>True: this head stands at the beginning, byte for byte.</summary>
    public bool IsPrefixOf(ReadOnlySpan<byte> bytes) => bytes.StartsWith(_raw);

    /// <summary>Its length in bytes, with the empty line.</summary>
    public int Size => _raw.Length;

    /// <summary>Reads a whole head.</summary>
    /// <param name="head">Up to and with its empty line.</param>
    /// <param name="last">The head before it on the same connection.</param>
    /// <exception cref="HttpIOException">It is no head of HTTP/1.</exception>
    public static ResponseHead Parse(ReadOnlySpan<byte> head, ResponseHead? last)
    {
        var at = 0;
        var (status, isHttp10, reason) = HeadSyntax.ParseStatusLine(HeadSyntax.NextLine(head, ref at));
        var lines = new List<Line>(last?._lines.Length ?? 16);
        while (at < head.Length)
        {
            var start = at;
            var line = HeadSyntax.NextLine(head, ref at);
            if (line.IsEmpty)
            {
                break;
            }

            if (line[0] is (byte)' ' or (byte)'\t')
            {
                // A folded line (RFC 9112, section 5.2): its break is read as a space.
                if (lines.Count == 0)
                {
                    throw HeadSyntax.Invalid("Its first header begins with a space.");
                }

                lines[^1] = lines[^1] with { Value = $"{lines[^1].Value} {HeadSyntax.ValueOf(line)}", Length = at - lines[^1].Start };
                continue;
            }

            if (lines.Count == MaxLines)
            {
                throw HeadSyntax.Invalid("It has too many headers.");
            }

            if (last is not null && lines.Count < last._lines.Length && last._lines[lines.Count] is var before
                && head[start..at].SequenceEqual(last._raw.AsSpan(before.Start, before.Length)))
            {
                lines.Add(before with { Start = start });
                continue;
            }

            var colon = line.IndexOf((byte)':');
            if (colon <= 0)
            {
                throw HeadSyntax.Invalid("A line of its head is no header.");
            }

            var name = HeadSyntax.NameOf(line[..colon]);
            lines.Add(new Line(start, at - start, name, HeadSyntax.ValueOf(line[(colon + 1)..]), RoleOf(name)));
        }

        return Assemble(head.ToArray(), [.. lines], status, isHttp10, reason);
    }

    /// <summary>Gives them to a response for the user.</summary>
    public void CopyTo(IHeaderDictionary headers)
    {
        foreach (var (name, values) in _fields)
        {
            headers[name] = values;
        }
    }

    /// <summary>All values of a header that goes further; empty: it is not there.</summary>
    public StringValues this[string name]
    {
        get
        {
            foreach (var (field, values) in _fields)
            {
                if (field.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return values;
                }
            }

            return default;
        }
    }

    /// <summary>The lines of a trailer section.</summary>
    /// <exception cref="HttpIOException">A line is not a header, or one that frames a message and cannot come behind it (RFC 9110, section
    /// 6.5.1).</exception>
    public static List<KeyValuePair<string, StringValues>> ParseTrailers(ReadOnlySpan<byte> section)
    {
        var trailers = new List<KeyValuePair<string, StringValues>>();
        var at = 0;
        while (at < section.Length && HeadSyntax.NextLine(section, ref at) is { IsEmpty: false } line)
        {
            var colon = line.IndexOf((byte)':');
            if (colon <= 0)
            {
                throw HeadSyntax.Invalid("A line behind its last chunk is not a header.");
            }

            if (trailers.Count == MaxLines)
            {
                throw HeadSyntax.Invalid("It has too many trailers.");
            }

            var name = HeadSyntax.NameOf(line[..colon]);
            if (RoleOf(name) != Role.None || name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                throw HeadSyntax.Invalid("A header that frames the message comes behind it.");
            }

            trailers.Add(new(name, HeadSyntax.ValueOf(line[(colon + 1)..])));
        }

        return trailers;
    }

    private static ResponseHead Assemble(byte[] raw, Line[] lines, int status, bool isHttp10, string? reason)
    {
        long? length = null;
        var isChunked = false;
        var says = default(StringValues);
        foreach (var line in lines)
        {
            switch (line.Role)
            {
                case Role.Length:
                    var said = ContentLength.Parse(line.Value) ?? throw HeadSyntax.Invalid("Its Content-Length is not a number.");
                    length = (length ?? said) == said ? said : throw HeadSyntax.Invalid("It has two lengths.");
                    break;
                case Role.Encoding:
                    // Another coding could not be undone here, and must not be taken for the content (RFC 9112, section 6.1).
                    isChunked = !isChunked && line.Value.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                        ? true
                        : throw HeadSyntax.Invalid("Its Transfer-Encoding is not 'chunked'.");
                    break;
                case Role.Connection:
                    says = StringValues.Concat(says, line.Value);
                    break;
            }
        }

        var keepsAlive = isHttp10 ? HopByHop.IsNamedBy("keep-alive", says) : !HopByHop.IsNamedBy("close", says);
        return new ResponseHead(raw, lines, FieldsOf(lines, says))
        {
            Status = status,
            Version = isHttp10 ? HttpVersion.Version10 : HttpVersion.Version11,
            Reason = reason,
            Length = isChunked ? null : length,
            IsChunked = isChunked,
            // Two that say how the body ends: RFC 9112, section 6.3, trusts the chunks, and such a connection no further. Nor one with a
            // body where there is none.
            KeepsAlive = keepsAlive
                && !(isChunked && (length is not null || isHttp10))
                && !(UpstreamResponse.IsBodiless(status) && status != StatusCodes.Status304NotModified && (isChunked || length > 0)),
        };
    }

    private static (string Name, StringValues Values)[] FieldsOf(Line[] lines, StringValues connection)
    {
        var fields = new (string Name, StringValues Values)[lines.Length];
        var count = 0;
        foreach (var line in lines)
        {
            if (line.Role != Role.None
                || (connection.Count > 0 && HopByHop.IsNamedBy(line.Name, connection)))
            {
                continue;
            }

            var same = 0;
            while (same < count && !string.Equals(fields[same].Name, line.Name, StringComparison.OrdinalIgnoreCase))
            {
                same++;
            }

            if (same < count)
            {
                fields[same].Values = StringValues.Concat(fields[same].Values, line.Value);
            }
            else
            {
                fields[count++] = (line.Name, line.Value);
            }
        }

        return count == fields.Length ? fields : fields[..count];
    }

    private static Role RoleOf(string name)
    {
        if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
        {
            return Role.Length;
        }

        if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
        {
            return Role.Encoding;
        }

        return name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? Role.Connection
            : HopByHop.Contains(name, default) ? Role.HopByHop
            : Role.None;
    }

    private enum Role
    {
        None,
        Length,
        Encoding,
        Connection,
        HopByHop,
    }

    private readonly record struct Line(int Start, int Length, string Name, string Value, Role Role);
}
