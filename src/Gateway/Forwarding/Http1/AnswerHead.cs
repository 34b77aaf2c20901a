using System.Buffers;
using System.Net;
using System.Net.Http;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>
/// The head of an HTTP/1.1 answer (RFC 9112): status, framing, and the headers that go further. Immutable, so that the next answer of the
/// same connection can share what it repeats: most lines of a destination's answers are the same as those of the one before.
/// </summary>
internal sealed class AnswerHead
{
    /// <summary>Longest head in bytes that is read.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>Most lines that are read.</summary>
    public const int MaxLines = 1000;

    /// <summary>Of a token (RFC 9110, section 5.6.2).</summary>
    private static readonly SearchValues<byte> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private readonly byte[] _raw;
    private readonly Line[] _lines;
    private readonly (string Name, StringValues Values)[] _fields;

    private AnswerHead(byte[] raw, Line[] lines, (string Name, StringValues Values)[] fields)
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

    /// <summary><c>Content-Length</c>; null: there is none, it is malformed, or the body comes in chunks, which says more.</summary>
    public long? Length { get; private init; }

    /// <summary>The body comes in chunks.</summary>
    public bool IsChunked { get; private init; }

    /// <summary>The connection can be used again once the body was read.</summary>
    public bool KeepsAlive { get; private init; }

    /// <summary>The headers that go further, in order; lines of one name are together.</summary>
    public ReadOnlySpan<(string Name, StringValues Values)> Fields => _fields;

    /// <summary>True: this head stands at the beginning, byte for byte.</summary>
    public bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith(_raw);

    /// <summary>Its length in bytes, with the empty line.</summary>
    public int Size => _raw.Length;

    /// <summary>Where a head ends: behind its empty line; -1: it is not all here.</summary>
    /// <param name="bytes">What was received.</param>
    /// <param name="scanned">How far earlier calls have looked.</param>
    public static int EndOf(ReadOnlySpan<byte> bytes, ref int scanned)
    {
        var at = scanned;
        while (true)
        {
            var next = bytes[at..].IndexOf((byte)'\n');
            if (next < 0)
            {
                scanned = bytes.Length;
                return -1;
            }

            var lineEnd = at + next;
            var rest = bytes[(lineEnd + 1)..];
            if (rest.Length >= 1 && rest[0] == '\n')
            {
                return lineEnd + 2;
            }

            if (rest.Length >= 2 && rest[0] == '\r' && rest[1] == '\n')
            {
                return lineEnd + 3;
            }

            if (rest.Length == 0 || (rest.Length == 1 && rest[0] == '\r'))
            {
                // Whether the line behind this one is empty is not known yet.
                scanned = lineEnd;
                return -1;
            }

            at = lineEnd + 1;
        }
    }

    /// <summary>Reads a whole head.</summary>
    /// <param name="head">Up to and with its empty line.</param>
    /// <param name="last">The head before it on the same connection.</param>
    /// <exception cref="HttpIOException">It is no head of HTTP/1.</exception>
    public static AnswerHead Parse(ReadOnlySpan<byte> head, AnswerHead? last)
    {
        var at = 0;
        var (status, isHttp10, reason) = ParseStatusLine(NextLine(head, ref at));
        var lines = new List<Line>(last?._lines.Length ?? 16);
        while (at < head.Length)
        {
            var start = at;
            var line = NextLine(head, ref at);
            if (line.IsEmpty)
            {
                break;
            }

            if (line[0] is (byte)' ' or (byte)'\t')
            {
                // A folded line (RFC 9112, section 5.2): its break is read as a space.
                if (lines.Count == 0)
                {
                    throw Invalid("Its first header begins with a space.");
                }

                lines[^1] = lines[^1] with { Value = $"{lines[^1].Value} {Encoding.Latin1.GetString(Trim(line))}", Length = at - lines[^1].Start };
                continue;
            }

            if (lines.Count == MaxLines)
            {
                throw Invalid("It has too many headers.");
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
                throw Invalid("A line of its head is no header.");
            }

            if (Trim(line[..colon]).ContainsAnyExcept(NameCharacters))
            {
                throw Invalid("The name of a header has characters that no name has.");
            }

            var name = Encoding.Latin1.GetString(Trim(line[..colon]));
            lines.Add(new Line(start, at - start, name, Encoding.Latin1.GetString(Trim(line[(colon + 1)..])), RoleOf(name)));
        }

        return Assemble(head.ToArray(), [.. lines], status, isHttp10, reason);
    }

    /// <summary>Gives them to an answer for the user.</summary>
    public void CopyTo(IHeaderDictionary headers)
    {
        foreach (var (name, values) in _fields)
        {
            headers[name] = values;
        }
    }

    /// <summary>Gives them to a message, for those who look at them one by one.</summary>
    public void CopyTo(HttpResponseMessage message)
    {
        foreach (var (name, values) in _fields)
        {
            foreach (var value in values)
            {
                if (!message.Headers.TryAddWithoutValidation(name, value))
                {
                    message.Content.Headers.TryAddWithoutValidation(name, value);
                }
            }
        }

        if (IsChunked)
        {
            message.Headers.TransferEncodingChunked = true;
        }
    }

    /// <summary>The lines of a trailer section.</summary>
    /// <exception cref="HttpIOException">A line is no header.</exception>
    public static void ParseTrailers(ReadOnlySpan<byte> section, HttpResponseMessage message)
    {
        var at = 0;
        while (at < section.Length && NextLine(section, ref at) is { IsEmpty: false } line)
        {
            var colon = line.IndexOf((byte)':');
            if (colon <= 0)
            {
                throw Invalid("A line behind its last chunk is no header.");
            }

            message.TrailingHeaders.TryAddWithoutValidation(Encoding.Latin1.GetString(Trim(line[..colon])), Encoding.Latin1.GetString(Trim(line[(colon + 1)..])));
        }
    }

    private static AnswerHead Assemble(byte[] raw, Line[] lines, int status, bool isHttp10, string? reason)
    {
        long? length = null;
        var lengths = 0;
        var isChunked = false;
        var says = default(StringValues);
        foreach (var line in lines)
        {
            switch (line.Role)
            {
                case Role.Length:
                    lengths++;
                    length = lengths == 1 && line.Value.Length is > 0 and < 19 && !line.Value.AsSpan().ContainsAnyExceptInRange('0', '9')
                        ? long.Parse(line.Value, System.Globalization.CultureInfo.InvariantCulture)
                        : null;
                    break;
                case Role.Encoding:
                    // Only what comes last says how the body ends.
                    isChunked = line.Value.AsSpan(line.Value.LastIndexOf(',') + 1).Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase);
                    break;
                case Role.Connection:
                    says = StringValues.Concat(says, line.Value);
                    break;
            }
        }

        var keepsAlive = isHttp10 ? RequestHeaders.IsNamedBy("keep-alive", says) : !RequestHeaders.IsNamedBy("close", says);
        return new AnswerHead(raw, lines, FieldsOf(lines, says, isChunked))
        {
            Status = status,
            Version = isHttp10 ? HttpVersion.Version10 : HttpVersion.Version11,
            Reason = reason,
            Length = isChunked ? null : length,
            IsChunked = isChunked,
            // Two that say how the body ends: RFC 9112, section 6.3, trusts the chunks, and such a connection no further.
            KeepsAlive = keepsAlive && !(isChunked && (lengths > 0 || isHttp10)),
        };
    }

    private static (string Name, StringValues Values)[] FieldsOf(Line[] lines, StringValues connection, bool isChunked)
    {
        var fields = new (string Name, StringValues Values)[lines.Length];
        var count = 0;
        foreach (var line in lines)
        {
            if (line.Role is Role.EndsHere or Role.Encoding or Role.Connection
                || (line.Role == Role.Length && isChunked)
                || (connection.Count > 0 && RequestHeaders.IsNamedBy(line.Name, connection)))
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

    private static (int Status, bool IsHttp10, string? Reason) ParseStatusLine(ReadOnlySpan<byte> line)
    {
        // HTTP/1.1 200 OK; the phrase and the space before it may be missing.
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' '
            || line[9] is < (byte)'1' or > (byte)'9' || !char.IsAsciiDigit((char)line[10]) || !char.IsAsciiDigit((char)line[11])
            || (line.Length > 12 && line[12] != ' '))
        {
            throw Invalid("It does not begin as an answer of HTTP/1.1.");
        }

        var status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + (line[11] - '0');
        var phrase = line.Length > 13 ? line[13..] : default;
        return (status, line[7] == '0', Ascii.Equals(phrase, ReasonPhrases.GetReasonPhrase(status)) ? null : Encoding.Latin1.GetString(phrase));
    }

    private static ReadOnlySpan<byte> NextLine(ReadOnlySpan<byte> bytes, ref int at)
    {
        var length = bytes[at..].IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Invalid("Its head ends in the middle of a line.");
        }

        var line = bytes.Slice(at, length);
        at += length + 1;
        return line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes) => bytes.Trim(" \t"u8);

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
            : RequestHeaders.EndsHere(name, default) ? Role.EndsHere
            : Role.None;
    }

    private static HttpIOException Invalid(string message) => new(HttpRequestError.InvalidResponse, $"The answer cannot be read. {message}");

    private enum Role
    {
        None,
        Length,
        Encoding,
        Connection,
        EndsHere,
    }

    private readonly record struct Line(int Start, int Length, string Name, string Value, Role Role);
}
