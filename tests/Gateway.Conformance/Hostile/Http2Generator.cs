using System.Globalization;

namespace Gateway.Conformance.Hostile;

/// <summary>A request of HTTP/2: its fields in order, its body, its trailers.</summary>
internal sealed record Http2Case(
    IReadOnlyList<(string Name, string Value)> Fields,
    string? Body,
    IReadOnlyList<(string Name, string Value)>? Trailers);

/// <summary>Requests of HTTP/2 whose fields hold what only its binary form lets them hold.</summary>
internal sealed class Http2Generator(int seed) : Generator(seed, withLineEnds: true)
{
    /// <summary>One request with this id in its path, to the cluster of that name.</summary>
    public Http2Case Next(string cluster, string id)
    {
        string method = Pick(
            "GET",
            "GET",
            "POST",
            "PUT",
            "DELETE",
            "HEAD",
            "OPTIONS"), path = $"/{cluster}/{id}", authority = "shop.example", scheme = "https";
        switch (Random.Next(10))
        {
            case 0: path = Chance(50) ? path + Evil() : Spoil($"/{cluster}/") + id; break;
            case 1:
                path += Pick(" HTTP/1.1\r\nX-Smuggled: 1\r\nX-Y: z", "\r\n\r\n"
                + HiddenRequest, "?a b", "?é\u00ff\u0080", "#f", "?\0", "?%0d%0aX-Smuggled:1", "?a\tb",
                "?" + new string('\u00e9', 60)); break;
            case 2:
                method = Pick("GET /"
                + Smuggled
                + " HTTP/1.1\r\nHost: x\r\n\r\nGET", "G ET", "GET\r\nX-Smuggled: 1", "PROPFIND", "", "GET\0", "é", Spoil("POST")); break;
            case 3:
                authority = Pick(
                "a\r\nX-Smuggled: 1",
                "a b",
                "",
                "a@b",
                "a/b?c",
                "é.example",
                "a\0",
                "a:b:c",
                Spoil("shop.example")); break;
            case 4: scheme = Pick("http", "HTTPS", "https\r\nX-Smuggled: 1", "", "https://x", "ftp"); break;
            default: break;
        }

        List<(string, string)> fields =
        [
            (":method", method),
            (":scheme", scheme),
            (":authority", authority),
            (":path", path),
            ("x-id", id),
            ("cookie", "secret=" + id)
        ];
        for (var i = Random.Next(4); i > 0; i--)
        {
            fields.Add(Random.Next(12) switch
            {
                0 => (Spoil("x-name"), "v"),
                1 => ("x-value", EvilValue(id)),
                2 =>
                    (Pick("x: y\r\nx-smuggled", "x\r\n\r\n"
                        + HiddenRequest, "x y", "x:y", "X-Upper", "", "x\0", "é", "x\nx-smuggled: 1\nx"), "1"),
                3 => ("transfer-encoding", Pick("chunked", "identity", "chunked\r\n")),
                4 => ("content-length", Pick("0", "5", "+5", "-1", "5\r\nX-Smuggled: 1", "999999", "5, 5", "é")),
                5 =>
                    (Pick(
                        "connection",
                        "keep-alive",
                        "upgrade",
                        "proxy-connection",
                        "te",
                        "http2-settings"), Pick("close", "x-id", "h2c", "trailers, chunked", "Upgrade")),
                6 =>
                    (Pick(":method", ":path", ":foo", ":authority", ":status", ":protocol"), Pick("GET", "/"
                        + Smuggled, "200", "websocket")),
                7 => ("host", Pick("evil.example", "a\r\nX-Smuggled: 1", "", "shop.example")),
                8 => ("cookie", Pick("a=b", "a=b\r\nX-Smuggled: 1", "a=\0", "é=ü")),
                9 => ("x\vtransfer-encoding"[Random.Next(2)..], "chunked"),
                10 => ("content-type", Pick("text/plain", "application/grpc", "a\nb")),
                _ => ("x-plain-" + Random.Next(9).ToString(CultureInfo.InvariantCulture), new string('p', Random.Next(300))),
            });
        }

        if (Chance(4))
        {
            // A pseudo-header behind the others.
            fields.Add(fields[Random.Next(4)]);
            fields.RemoveAt(Random.Next(4));
        }

        var body = method is "POST" or "PUT" || Chance(15)
            ? Pick("", "body of " + id, HiddenRequest, "0\r\n\r\n" + HiddenRequest, "5\r\nhello\r\n0\r\n\r\n" + HiddenRequest)
            : null;
        (string, string)[]? trailers = body is not null && Chance(20)
            ? [(Pick(
                "x-trailer",
                "x\r\nx-smuggled",
                "content-length",
                "transfer-encoding",
                ":path",
                "X",
                "host"), Pick("1", "a\r\nX-Smuggled: 1", "chunked", "\0"))]
            : null;
        return new(fields, body, trailers);
    }
}
