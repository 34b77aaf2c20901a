using Gateway.Conformance.Hostile;
using Xunit;

namespace Gateway.Conformance.Messages;

/// <summary>
/// What a proxy makes of requests of HTTP/1, chapter by chapter of RFC 9110 and RFC 9112. Other proxies' projects test the same questions;
/// where the RFCs leave a choice, the row says what the gateway has chosen, and docs/http.md why.
/// </summary>
internal static class RequestTable
{
    private const string Both = "200 200";
    private const string Ends = "200";
    private const string Refused = "400";

    // Kestrel's word for a target of a form that the method does not take.
    private const string NotAllowed = "405";

    private static readonly Action<RecordedRequest> Arrives = static _ => { };

    /// <summary>All of it.</summary>
    public static IReadOnlyList<RequestCase> All { get; } = [.. Targets(), .. Hosts(), .. Bodies(), .. Codings(), .. Hops(), .. Versions()];

    private static string Get(params string[] headers) => $"GET PATH HTTP/1.1\r\nHost: shop.example\r\n{Lines(headers)}\r\n";

    private static string Post(string body, params string[] headers) =>
        $"POST PATH HTTP/1.1\r\nHost: shop.example\r\n{Lines(headers)}\r\n{body}";

    private static string Line(string line, params string[] headers) => $"{line}\r\nHost: shop.example\r\n{Lines(headers)}\r\n";

    private static string Lines(string[] headers) => string.Concat(headers.Select(header => header + "\r\n"));

    private static Action<RecordedRequest> Says(string header, string value) => request => Assert.Equal(value, request.Header(header));

    private static Action<RecordedRequest> Brings(string body) => request => Assert.Equal(body, request.Body);

    /// <summary>RFC 9112, section 3.2: four forms of a target, and which method takes which.</summary>
    private static IEnumerable<RequestCase> Targets()
    {
        yield return new("OPTIONS * is answered here", Line("OPTIONS * HTTP/1.1"), "204 200", null);
        yield return new(
            "OPTIONS of a URL without path is OPTIONS * (9112 3.2.4)",
            Line("OPTIONS http://shop.example HTTP/1.1"),
            "204 200",
            null);
        yield return new(
            "OPTIONS of a URL with a path is for that path",
            Line("OPTIONS http://shop.examplePATH HTTP/1.1"),
            Both,
            request => Assert.Equal("OPTIONS", request.Method));
        yield return new("OPTIONS of more than an asterisk", Line("OPTIONS */PATH HTTP/1.1"), Refused, null);
        yield return new("an asterisk with GET", Line("GET * HTTP/1.1"), NotAllowed, null);
        yield return new("an authority with GET", Line("GET shop.example:80 HTTP/1.1"), NotAllowed, null);
        yield return new("a path without its slash", Line("GET admin HTTP/1.1"), NotAllowed, null);
        yield return new("a path of segments without its slash", Line("GET admin/a/b HTTP/1.1"), Refused, null);
        yield return new("an empty target", Line("GET  HTTP/1.1"), Refused, null);
        yield return new("CONNECT to an authority", Line("CONNECT shop.example:80 HTTP/1.1"), Refused, null);
        yield return new("CONNECT to a name without port", Line("CONNECT shop.example HTTP/1.1"), Refused, null);
        yield return new("CONNECT to a path", Line("CONNECT / HTTP/1.1"), Refused, null);
        yield return new("CONNECT to a URL", Line("CONNECT http://shop.example:80 HTTP/1.1"), Refused, null);
        yield return new("a fragment", Line("GET PATH#part HTTP/1.1"), Refused, null);
        yield return new("a fragment right behind the authority", Line("GET http://shop.example#part HTTP/1.1"), Refused, null);
        yield return new(
            "a query without a value",
            Line("GET PATH? HTTP/1.1"),
            Both,
            request => Assert.EndsWith("?", request.Target, StringComparison.Ordinal));
        yield return new(
            "a query of reserved characters",
            Line("GET PATH?a=/?:@!$&'()*+,;= HTTP/1.1"),
            Both,
            request => Assert.EndsWith("?a=/?:@!$&'()*+,;=", request.Target, StringComparison.Ordinal));
        yield return new(
            "escapes stay as they are",
            Line("GET PATH/%2f%2F%41%7e HTTP/1.1"),
            Both,
            request => Assert.EndsWith("/%2f%2F%41%7e", request.Target, StringComparison.Ordinal));
        yield return new("a method of one's own", Line("PURGE PATH HTTP/1.1"), Both, request => Assert.Equal("PURGE", request.Method));
        yield return new("an empty line before the request line is skipped (9112 2.2)", "\r\n" + Get(), Both, Arrives);
    }

    /// <summary>RFC 9112, section 3.2 and 3.2.2: one Host, and the absolute target's authority goes before it.</summary>
    private static IEnumerable<RequestCase> Hosts()
    {
        static string Absolute(string url, string host) => $"GET {url}PATH HTTP/1.1\r\nHost: {host}\r\n\r\n";
        yield return new(
            "a URL with its own host",
            Absolute("http://shop.example", "shop.example"),
            Both,
            Says("X-Forwarded-Host", "shop.example"));
        yield return new(
            "a URL with its own host and port",
            Absolute("http://shop.example:8080", "shop.example:8080"),
            Both,
            Says("X-Forwarded-Host", "shop.example:8080"));
        yield return new("a URL with the default port, a host without", Absolute("http://shop.example:80", "shop.example"), Both, Arrives);
        yield return new(
            "a URL without port, a host with the default one",
            Absolute("http://shop.example", "shop.example:80"),
            Both,
            Arrives);
        yield return new("a URL with the default port of https", Absolute("https://shop.example:443", "shop.example"), Both, Arrives);
        yield return new("a URL with another host", Absolute("http://shop.example", "other.example"), Refused, null);
        yield return new("a URL with another port", Absolute("http://shop.example:80", "shop.example:81"), Refused, null);
        yield return new("a URL with a port that the host lacks", Absolute("http://shop.example:8080", "shop.example"), Refused, null);
        yield return new("a host with a port that the URL lacks", Absolute("http://shop.example", "shop.example:81"), Refused, null);
        yield return new("two hosts", Get("Host: other.example"), Refused, null);
        yield return new("two equal hosts", Get("Host: shop.example"), Refused, null);
        yield return new("no host", "GET PATH HTTP/1.1\r\n\r\n", Refused, null);
        yield return new("a host that is none", "GET PATH HTTP/1.1\r\nHost: a/b\r\n\r\n", Refused, null);
        yield return new("a host with a user", "GET PATH HTTP/1.1\r\nHost: me@shop.example\r\n\r\n", Refused, null);
        yield return new("an address of IPv6", "GET PATH HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", Both, Says("X-Forwarded-Host", "[::1]:80"));
    }

    /// <summary>RFC 9112, section 6.3 and 9.3: how long a body is, and what follows it.</summary>
    private static IEnumerable<RequestCase> Bodies()
    {
        foreach (var method in new[] { "GET", "HEAD", "POST", "PUT", "DELETE", "PURGE" })
        {
            yield return new($"{method} without a length", Line(method + " PATH HTTP/1.1"), Both, Brings(""));
            yield return new($"{method} of length 0", Line(method + " PATH HTTP/1.1", "Content-Length: 0"), Both, Brings(""));
            yield return new($"{method} with a body is delivered, like it or not", Line(method + " PATH HTTP/1.1", "Content-Length: 5")
                + "hello", Both, Brings("hello"));
            yield return new($"{method} with a body in chunks", Line(method + " PATH HTTP/1.1", "Transfer-Encoding: chunked")
                + "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", Both, Brings("hello"));
            yield return new(
                $"{method} that closes: what is behind it is no request",
                Line(method + " PATH HTTP/1.1", "Content-Length: 0", "Connection: close") + "this is not sent\r\n\r\n",
                Ends,
                Brings(""));
        }

        yield return new(
            "15,200 bytes and a follower at once",
            Post(new string('b', 15_200), "Content-Length: 15200"),
            Both,
            Brings(new string('b', 15_200)));
        yield return new("two lengths", Post("hello", "Content-Length: 5", "Content-Length: 6"), Refused, null);
        yield return new("two equal lengths", Post("hello", "Content-Length: 5", "Content-Length: 5"), Refused, null);
        yield return new("a list of lengths", Post("hello", "Content-Length: 5, 5"), Refused, null);
        yield return new("a length below 0", Post("hello", "Content-Length: -5"), Refused, null);
        yield return new("an empty length", Post("", "Content-Length:"), Refused, null);
        yield return new(
            "a chunk that is longer than it says",
            Post("3\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
            Refused,
            null);
        yield return new("a chunk size that is no number", Post("x\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), Refused, null);
        yield return new(
            "a chunk size beyond any number",
            Post("fffffffffffffffff\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
            Refused,
            null);
        yield return new(
            "trailers end here (9110 6.5.1)",
            Post("5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n", "Transfer-Encoding: chunked"),
            Both,
            request => Assert.Equal(("hello", ""), (request.Body, request.Header("X-Trailer"))));
    }

    /// <summary>RFC 9112, section 6.1 and 7: codings of one hop.</summary>
    private static IEnumerable<RequestCase> Codings()
    {
        const string end = "0\r\n\r\n";
        yield return new(
            "chunks and a length, with a request behind",
            Post(end + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", "Transfer-Encoding: chunked", "Content-Length: 40"),
            Refused,
            null);
        yield return new("chunks twice", Post(end, "Transfer-Encoding: chunked, chunked"), Refused, null);
        yield return new(
            "chunks twice, in two lines",
            Post(end, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
            Refused,
            null);
        yield return new("chunks in chunks of gzip", Post(end, "Transfer-Encoding: chunked, gzip, chunked"), Refused, null);
        yield return new("gzip behind chunks", Post(end, "Transfer-Encoding: chunked, gzip"), Refused, null);
        yield return new("gzip alone", Post("", "Transfer-Encoding: gzip"), Refused, null);
        yield return new("gzip before chunks, which cannot be undone here", Post(end, "Transfer-Encoding: gzip, chunked"), Refused, null);
        yield return new(
            "identity, which is no coding any more",
            Post("hello", "Transfer-Encoding: identity", "Content-Length: 5"),
            Refused,
            null);
        yield return new("chunks in other letters", Post("5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: CHUNKED"), Both, Brings("hello"));
        yield return new("TE: trailers among others goes on alone (9110 10.1.4)", Get("TE: trailers, gzip"), Both, Says("TE", "trailers"));
        yield return new("TE without trailers ends here", Get("TE: gzip"), Both, Says("TE", ""));
        yield return new("TE with a weight on trailers", Get("TE: trailers;q=0.5"), Both, Says("TE", ""));
    }

    /// <summary>RFC 9110, section 7.6.1: what belongs to one connection.</summary>
    private static IEnumerable<RequestCase> Hops()
    {
        foreach (var lines in new[]
        {
            "keep-alive|X-Private",
            "X-Private|keep-alive",
            "X-Private|close",
            "close|X-Private",
            "upgrade|x-private",
            "TE|keep-alive, X-Private",
            "X-Other|,, x-PRIVATE ,",
            "X-Private|"
        })
        {
            yield return new(
                $"Connection in two lines, {lines}, names a header",
                Get([.. lines.Split('|').Select(line => "Connection: " + line), "X-Private: secret", "X-Public: yes"]),
                Ends,
                request => Assert.Equal(("", "yes"), (request.Header("X-Private"), request.Header("X-Public"))));
        }

        yield return new(
            "Connection names a header of the gateway's own",
            Get("Connection: X-Forwarded-For, Via"),
            Ends,
            request => Assert.Equal(("127.0.0.1", "1.1 gateway"), (request.Header("X-Forwarded-For"), request.Header("Via"))));
        yield return new("Connection names TE alone", Get("Connection: TE", "TE: trailers"), Both, Says("TE", "trailers"));
        yield return new(
            "Keep-Alive and Proxy-Connection end here",
            Get("Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"),
            Both,
            request => Assert.Equal(("", ""), (request.Header("Keep-Alive"), request.Header("Proxy-Connection"))));
        yield return new(
            "an upgrade to a protocol of one's own goes on without it (9110 7.8)",
            Get("Connection: Upgrade", "Upgrade: custom_protocol"),
            Both,
            Says("Upgrade", ""));
        yield return new("an upgrade that is only offered by Upgrade", Get("Upgrade: websocket"), Both, Says("Upgrade", ""));
        yield return new("Expect of something else", Get("Expect: 200-ok"), Both, Says("Expect", ""));
        yield return new(
            "Max-Forwards of OPTIONS is one less",
            Line("OPTIONS PATH HTTP/1.1", "Max-Forwards: 2"),
            Both,
            Says("Max-Forwards", "1"));
        yield return new("Max-Forwards of 0 ends here", Line("OPTIONS PATH HTTP/1.1", "Max-Forwards: 0"), "204 200", null);
        yield return new("Max-Forwards of GET has no meaning", Get("Max-Forwards: 0"), Both, Says("Max-Forwards", "0"));
        yield return new(
            "a header in two lines stays two",
            Get("X-Two: 1", "X-Two: 2"),
            Both,
            request => Assert.Equal(["1", "2"], request.Headers.Where(line => line.Name == "X-Two").Select(line => line.Value)));
        yield return new("a header folded over two lines", Get("X-Fold: a", " b"), Refused, null);
        yield return new("a blank before the colon", Get("X-Blank : a"), Refused, null);
    }

    /// <summary>RFC 9112, section 2.3 and 9.3: versions and what they say of the connection.</summary>
    private static IEnumerable<RequestCase> Versions()
    {
        yield return new(
            "HTTP/1.0 ends its connection",
            "GET PATH HTTP/1.0\r\nHost: shop.example\r\n\r\n",
            Ends,
            Says("Via", "1.1 gateway"));
        yield return new("HTTP/1.0 without Host", "GET PATH HTTP/1.0\r\n\r\n", Ends, Arrives);
        yield return new(
            "HTTP/1.0 that asks for more",
            "GET PATH HTTP/1.0\r\nHost: shop.example\r\nConnection: keep-alive\r\n\r\n",
            Both,
            Arrives);
        yield return new("HTTP/1.0 with a body", "POST PATH HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", Ends, Brings("hello"));
        yield return new(
            "HTTP/1.0 POST without a length has no body (9112 6.3)",
            "POST PATH HTTP/1.0\r\n\r\n",
            Ends,
            request => Assert.Equal(("", "0"), (request.Body, request.Header("Content-Length"))));
        yield return new("HTTP/1.0 PUT without a length has no body", "PUT PATH HTTP/1.0\r\nHost: shop.example\r\n\r\n", Ends, Brings(""));
        yield return new(
            "HTTP/1.0 POST without a length that asks for more",
            "POST PATH HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            Both,
            Brings(""));
        yield return new("HTTP/1.0 with chunks", "POST PATH HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused, null);
        yield return new("HTTP/2.0 in a request line", Line("GET PATH HTTP/2.0"), "505", null);
        yield return new("a version that is none", Line("GET PATH HTTP/1.1x"), Refused, null);
        yield return new("no version", "GET PATH\r\n\r\n", Refused, null);
    }
}
