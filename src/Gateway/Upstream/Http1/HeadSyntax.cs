using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Upstream.Http1;

/// <summary>How the bytes of a head are cut into its parts (RFC 9112). As strict in reading as the gateway is in writing.</summary>
internal static class HeadSyntax
{
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

    /// <summary>The next line, without its end.</summary>
    public static ReadOnlySpan<byte> NextLine(ReadOnlySpan<byte> bytes, ref int at)
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

    /// <summary>The parts of a status line; the reason is null if it is the usual one.</summary>
    public static (int Status, bool IsHttp10, string? Reason) ParseStatusLine(ReadOnlySpan<byte> line)
    {
        // HTTP/1.1 200 OK; the phrase and the space before it may be missing.
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' '
            || line[9] is < (byte)'1' or > (byte)'9' || !char.IsAsciiDigit((char)line[10]) || !char.IsAsciiDigit((char)line[11])
            || (line.Length > 12 && line[12] != ' '))
        {
            throw Invalid("It does not begin as a response of HTTP/1.1.");
        }

        var status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + (line[11] - '0');
        var phrase = line.Length > 13 ? line[13..] : default;
        if (!HttpSyntax.IsValue(phrase))
        {
            throw Invalid("Its reason phrase has a control character.");
        }

        return (status, line[7] == '0', Ascii.Equals(
            phrase,
            ReasonPhrases.GetReasonPhrase(status)) ? null : Encoding.Latin1.GetString(phrase));
    }

    /// <summary>The name of a header.</summary>
    public static string NameOf(ReadOnlySpan<byte> bytes)
    {
        var name = Trim(bytes);
        return HttpSyntax.IsToken(name)
            ? Encoding.Latin1.GetString(name)
            : throw Invalid("The name of a header has a character that no header name may have.");
    }

    /// <summary>The value of a header.</summary>
    public static string ValueOf(ReadOnlySpan<byte> bytes)
    {
        var value = Trim(bytes);
        return HttpSyntax.IsValue(value)
            ? Encoding.Latin1.GetString(value)
            : throw Invalid("The value of a header has a control character.");
    }

    /// <summary>What is thrown for a head that is not one of HTTP/1.</summary>
    public static HttpIOException Invalid(string message) =>
        new(HttpRequestError.InvalidResponse, $"The response cannot be read. {message}");

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes) => bytes.Trim(" \t"u8);
}
