using System.Globalization;
using System.Text;

namespace Gateway.Conformance.Hostile;

/// <summary>Requests of HTTP/1.1 whose line, headers or framing are odd.</summary>
internal sealed class Http1Generator(int seed) : Generator(seed, withLineEnds: false)
{
    /// <summary>One request with this id in its target, to the cluster of that name.</summary>
    public string Next(string cluster, string id)
    {
        var head = new StringBuilder();
        var framing = Random.Next(8);
        var method = framing < 3 ? Pick("GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT") : Pick("POST", "PUT", "PATCH", "DELETE", "GET");
        var target = $"/{cluster}/{id}";

        // 1. The request line.
        switch (Random.Next(12))
        {
            case 0: target = Chance(50) ? target + Evil() : Spoil($"/{cluster}/") + id; break;
            case 1:
                target += Pick(
                "?x=1 HTTP/1.1\nX-Smuggled: 1\nX-Y: ",
                "?x=1 HTTP/1.1\rX-Smuggled: 1\rX-Y: ",
                "?a b",
                "?\t",
                "#x",
                "%0d%0aX-Smuggled:%201",
                "%00",
                "?é",
                "?\u00ff\u0080",
                "/../" + id,
                "//",
                "\\",
                "?%zz",
                ";a=b",
                "?" + new string('q', 3000)); break;
            case 2: method = Pick("G ET", "GET\0", "GE\tT", "GET\r", "POST\v", "PROPFIND", "é", "(", "GET,POST"); break;
            case 3:
                target = Pick("http://evil.example", "https://a@b", "http://evil.example:80\rX-Smuggled: 1\rX: ", "//evil", "*")
                + target; break;
            default: break;
        }

        var version = Chance(92)
            ? "HTTP/1.1"
            : Pick("HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/1.1 ", "HTTP/01.1", "http/1.1", "HTTP/1.1\t", "HTTP/1.", "");
        var space = Chance(97) ? " " : Pick("  ", "\t", "\v", "\u00a0");
        head.Append(method).Append(space).Append(target).Append(' ').Append(version).Append(Line());

        // 2. Headers that have nothing to do with framing.
        if (Chance(97))
        {
            head.Append("Host: ")
                .Append(Chance(94) ? "shop.example" : Pick(
                    "a\rX-Smuggled: 1",
                    "a b",
                    "a,b",
                    "",
                    "é",
                    "shop.example:80:80",
                    "a@b",
                    "a/b",
                    "[::1",
                    Spoil("shop.example")))
                .Append(Line());
        }

        head.Append("X-Id: ").Append(id).Append("\r\nCookie: secret=").Append(id).Append(Line());
        for (var i = Random.Next(4); i > 0; i--)
        {
            head.Append(Random.Next(9) switch
            {
                0 => Spoil("X-Name") + ": v",
                1 => "X-Value: " + EvilValue(id),
                2 => Pick(
                    "Connection: close, X-Id",
                    "Connection: Content-Length",
                    "Connection: Transfer-Encoding, Host",
                    "Connection: keep-alive\r\nConnection: X-Y",
                    "Keep-Alive: x",
                    "Proxy-Connection: keep-alive"),
                3 => Pick(
                    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
                    "Upgrade: websocket\r\nConnection: Upgrade",
                    "Expect: 100-continue",
                    "Expect: 200-ok",
                    "TE: chunked, trailers",
                    "Trailer: Content-Length"),
                4 => Pick(
                    "X-Fold: a\r\n b",
                    "X-Fold: a\r\n\tX-Smuggled: 1",
                    " X-Lead: 1",
                    "\tX-Lead: 1",
                    "X-Space : 1",
                    ": empty",
                    "no colon",
                    "X-Empty:",
                    "X-Cr: a\rb",
                    "X-Lf: a\nX-Smuggled: 1"),
                5 => "X-Long: " + new string('l', Random.Next(2000)),
                6 => "Content-Type: " + Pick("text/plain", "application/grpc", "a\0b", "é", "text/plain\rX: y"),
                7 => Pick(
                    "Max-Forwards: 0",
                    "Forwarded: for=\"x\r\"",
                    "X-Forwarded-For: 1.2.3.4",
                    "X-Forwarded-Host: evil",
                    "Via: \0",
                    "Range: bytes=0-",
                    "If-None-Match: *"),
                _ => "X-Plain-" + Random.Next(9).ToString(CultureInfo.InvariantCulture) + ": plain",
            }).Append(Line());
        }

        // 3. The body, with a request hidden in it. Where its framing is odd, nothing but a refusal, or a reading as
        // it is written here, is right.
        var body = Chance(60) ? HiddenRequest : "body of " + id;
        var length = body.Length.ToString(CultureInfo.InvariantCulture);
        var chunk = body.Length.ToString("x", CultureInfo.InvariantCulture);
        var chunked = $"{chunk}\r\n{body}\r\n0\r\n\r\n";
        switch (framing)
        {
            case < 3:
                return head.Append("\r\n").ToString();
            case 3:
                return head.Append("Content-Length: ").Append(length).Append("\r\n\r\n").Append(body).ToString();
            case 4:
                return head.Append("Transfer-Encoding: chunked\r\n\r\n").Append(chunked).ToString();
            case 5:
                // Odd lengths: none of these may be taken for no length at all.
                return head.Append(Pick(
                    $"Content-Length: +{length}", $"Content-Length: {length}\0", $"Content-Length: {length}\v", $"Content-Length: -0",
                    $"Content-Length : {length}", $"Content-Length\v: {length}", $"\vContent-Length: {length}",
                    $"Content-Length: {length}, {length}", $"Content-Length: {length}\r\nContent-Length: 0", $"Content-Length: 0x{chunk}",
                    $"Content-Length:\r\n {length}", $"Content-Length: {length};", $"Content-Length: {length} 0",
                    $"Content-Length: 99999999999999999999{length}", $"Content-Length\0: {length}", $"Content-Length: {length}\rX: y",
                    $"Content\u2010Length: {length}".Replace('\u2010', '\u00ad'))).Append("\r\n\r\n").Append(body).ToString();
            case 6:
                return head.Append(Pick(
                    "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked",
                    "Transfer-Encoding : chunked", "Transfer-Encoding\v: chunked", "Transfer-Encoding: \vchunked",
                    "Transfer-Encoding: chunked\0",
                    "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                    "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: gzip, chunked",
                    " Transfer-Encoding: chunked",
                    $"Content-Length: {length}\r\nTransfer-Encoding: chunked",
                    $"Transfer-Encoding: chunked\r\nContent-Length: {chunked.Length}", "Transfer-Encoding: chunked, chunked",
                    "Transfer\0-Encoding: chunked", "Transfer-Encoding: chunked\rX: y")).Append("\r\n\r\n").Append(chunked).ToString();
            default:
                // Odd chunks.
                return head.Append("Transfer-Encoding: chunked\r\n\r\n").Append(Pick(
                    $"{chunk}\n{body}\n0\n\n", $"{chunk};a=b\r\n{body}\r\n0\r\n\r\n", $"0x{chunk}\r\n{body}\r\n0\r\n\r\n",
                    $"+{chunk}\r\n{body}\r\n0\r\n\r\n", $" {chunk}\r\n{body}\r\n0\r\n\r\n", $"{chunk} \r\n{body}\r\n0\r\n\r\n",
                    $"{chunk}\r\n{body}0\r\n\r\n",
                    $"10000000000000000{chunk}\r\n{body}\r\n0\r\n\r\n", $"{chunk};\n{HiddenRequest}\r\n{body}\r\n0\r\n\r\n",
                    $"{chunk}\r{body}\r\n0\r\n\r\n", $"{chunk}\r\n{body}\r\n0\r\nX-Smuggled: 1\r\n\r\n",
                    $"{chunk}\r\n{body}\r\n0\r\nContent-Length: 5\r\n\r\n",
                    $"{chunk}\r\n{body}\r\n00000\r\n\r\n", $"{chunk}\r\n{body}\r\n0;\0\r\n\r\n", $"-1\r\n{body}\r\n0\r\n\r\n",
                    $"\r\n{chunk}\r\n{body}\r\n0\r\n\r\n", $"{chunk}\r\n{body}\r\n0\r\nX\0: 1\r\n\r\n",
                    $"{chunk}\u00b2\r\n{body}\r\n0\r\n\r\n")).ToString();
        }
    }

    /// <summary>An innocent request that follows, after which the connection ends.</summary>
    public static string Follower(string cluster, string id) =>
        $"GET /{cluster}/{id} HTTP/1.1\r\nHost: shop.example\r\nX-Id: {id}\r\nConnection: close\r\n\r\n";

    private string Line() => Chance(98) ? "\r\n" : Pick("\n", "\r", "\r\r\n", "\0\r\n", "\n\r\n");
}
