using System.Text;

namespace Gateway.Fuzzing.Targets;

/// <summary>Responses of HTTP/1.1 to begin with, and their words.</summary>
internal static class HttpSeeds
{
    private static readonly string[] Texts =
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nConnection: close, X-Gone\r\nX-Gone: 1\r\n\r\n",
        "HTTP/1.0 200\r\nConnection: keep-alive\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nuntil close",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
        "HTTP/1.1 301 Elsewhere\nLocation: /b\nX-Folded: a\n b\n\tc\n\n",
    ];

    /// <summary>Responses.</summary>
    public static IEnumerable<byte[]> Responses => Texts.Select(Encoding.Latin1.GetBytes);

    /// <summary>Words of heads and chunks.</summary>
    public static string[] Words { get; } =
    [
        "HTTP/1.1 ", "HTTP/1.0 ", "200 OK", "204", "304", "101", "100 Continue", "\r\n", "\n", "\r\n\r\n", "\n\n", "\r", ": ", ":", "\t",
        " ",
        "Content-Length: ", "Transfer-Encoding: chunked", "Connection: ", "close", "keep-alive", "Trailer: ", "Host: a", "Upgrade: x",
        "Keep-Alive: timeout=5", "0\r\n\r\n", "0\r\n", "1\r\n", "a;b=c\r\n", "ffffffffffffffff\r\n", "7fffffffffffffff\r\n",
        "fffffffffffffff\r\n",
        "\0", ", ", "5, 5", "\u001d",
    ];

    /// <summary>A character of a token (RFC 9110, section 5.6.2).</summary>
    public static bool IsTokenLetter(char letter) =>
        char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal);
}
