namespace Gateway.Conformance.SameBytes;

/// <summary>The responses that must come through unchanged.</summary>
internal static class ResponseTable
{
    /// <summary>Around buffers and limits: a segment of 4 KiB, the 64 KiB of held responses, a page of a shop's guide.</summary>
    private static readonly int[] Sizes = [0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 102_000];

    /// <summary>
    /// Final statuses. GET with 502, 503, 504 is tried elsewhere and then answered by the fallback chain, so that these
    /// three are asked for by POST.
    /// </summary>
    private static readonly int[] Statuses =
    [
        200, 201, 202, 203, 206, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416,
        417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451,
        500, 501, 502, 503, 504, 505, 507, 511, 599,
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ResponseSpec> All { get; } =
    [
        .. BySize(),
        .. ByCoding(),
        .. ByStatus(),
        .. WithoutBody(),
        .. Interims(),
        .. WithTrailers(),
        .. HeaderOddities()
    ];

    private static IEnumerable<ResponseSpec> BySize()
    {
        foreach (var framing in new[] { "length", "chunked", "close" })
        {
            foreach (var size in Sizes)
            {
                yield return new() { Name = $"{size} bytes, {framing}", Framing = framing, Body = size };
            }

            yield return new() { Name = $"5 MB, {framing}", Framing = framing, Body = 5_000_000, Methods = ["GET", "POST"] };
        }
    }

    private static IEnumerable<ResponseSpec> ByCoding() =>
        from coding in new[] { "gzip", "br" }
        from framing in new[] { "length", "chunked" }
        from size in new[] { 50, 102_000 }
        select new ResponseSpec
        {
            Name = $"{coding} of {size} bytes, {framing}",
            Coding = coding,
            Framing = framing,
            Body = size,
            Headers = [["Content-Type", "text/plain"], ["Vary", "Accept-Encoding"]]
        };

    private static IEnumerable<ResponseSpec> ByStatus()
    {
        foreach (var status in Statuses)
        {
            string[][] headers = status switch
            {
                201 => [["Location", "/made/1"]],
                206 => [["Content-Range", "bytes 10-51/1000"]],
                >= 300 and < 400 => [["Location", "https://elsewhere.example/a%20b?c=d#e"]],
                401 => [["WWW-Authenticate", "Basic realm=\"a, b\""], ["WWW-Authenticate", "Bearer"]],
                405 => [["Allow", "GET, HEAD"]],
                407 => [["Proxy-Authenticate", "Basic"]],
                416 => [["Content-Range", "bytes */1000"]],
                426 => [["Upgrade", "h2c"], ["Connection", "Upgrade"]],
                _ => [],
            };
            string[] methods = status is 502 or 503 or 504 ? ["POST"] : ["GET", "HEAD", "POST", "PUT", "DELETE"];
            yield return new()
            {
                Name = $"status {status}",
                Status = status,
                Headers = headers,
                Methods = methods,
                OverHttp2 = status != 426
            };
        }

        yield return new() { Name = "reason phrase of our own", Reason = "As You Like It" };
        yield return new() { Name = "empty reason phrase", Reason = "" };
    }

    private static IEnumerable<ResponseSpec> WithoutBody()
    {
        foreach (var status in new[] { 204, 205, 304 })
        {
            // A 205 is read like any other response (RFC 9112 6.3): without framing headers its body ends with the connection.
            yield return new()
            {
                Name = $"status {status} without framing",
                Status = status,
                Body = 0,
                Framing = status == 205
                ? "close"
                : "none",
                Headers = [["ETag", "\"a\""]]
            };
            yield return new()
            {
                Name = $"status {status} with length 0",
                Status = status,
                Framing = "none",
                Headers = [["Content-Length", "0"]],
                OverHttp2 = status != 204
            };
        }

        yield return new()
        {
            Name = "status 204 with length 11",
            Status = 204,
            Framing = "none",
            Headers = [["Content-Length", "11"]],
            OverHttp2 = false
        };
        yield return new()
        {
            Name = "status 204 with chunked",
            Status = 204,
            Framing = "none",
            Headers = [["Transfer-Encoding", "chunked"]],
            OverHttp2 = false
        };
        yield return new()
        {
            Name = "status 304 with length 11",
            Status = 304,
            Framing = "none",
            Headers = [["Content-Length", "11"], ["ETag", "\"a\""]]
        };
        yield return new()
        {
            Name = "status 304 with chunked",
            Status = 304,
            Framing = "none",
            Headers = [["Transfer-Encoding", "chunked"]],
            OverHttp2 = false
        };
        yield return new()
        {
            Name = "HEAD with length 5,000,000",
            Framing = "none",
            Headers = [["Content-Length", "5000000"]],
            Methods = ["HEAD"]
        };
        yield return new() { Name = "HEAD without framing", Framing = "none", Methods = ["HEAD"] };
        yield return new()
        {
            Name = "HEAD with status 404 and length",
            Status = 404,
            Framing = "none",
            Headers = [["Content-Length", "17"]],
            Methods = ["HEAD"]
        };
    }

    private static IEnumerable<ResponseSpec> Interims()
    {
        foreach (var framing in new[] { "length", "chunked" })
        {
            yield return new()
            {
                Name = $"103 before 200, {framing}",
                Framing = framing,
                Interim = [[103, new[] { new[] { "Link", "</a.css>; rel=preload" } }]]
            };
            yield return new()
            {
                Name = $"102, 103, 103 before 200, {framing}",
                Framing = framing,
                Interim =
                [
                    [102, Array.Empty<string[]>()],
                    [103, new[] { new[] { "Link", "</a>" } }],
                    [103, new[] { new[] { "Link", "</b>" } }]
                ]
            };
        }

        yield return new()
        {
            Name = "103 before 204",
            Status = 204,
            Framing = "none",
            Interim = [[103, new[] { new[] { "Link", "</a>" } }]]
        };
        yield return new() { Name = "103 before 404", Status = 404, Interim = [[103, new[] { new[] { "Link", "</a>" } }]] };
    }

    private static IEnumerable<ResponseSpec> WithTrailers() =>
        from size in new[] { 0, 42, 102_000 }
        select new ResponseSpec
        {
            Name = $"trailers after {size} bytes",
            Body = size,
            Framing = "chunked",
            Trailers = [["X-Checksum", "abc"], ["X-Two", "a, b"]]
        };

    private static IEnumerable<ResponseSpec> HeaderOddities()
    {
        yield return new() { Name = "the same header three times", Headers = [["X-Same", "1"], ["x-same", "2"], ["X-SAME", "1"]] };
        yield return new() { Name = "empty values", Headers = [["X-Empty", ""], ["X-Then", "a"], ["X-Empty", ""]] };
        yield return new() { Name = "value of 8,000 bytes", Headers = [["X-Long", new string('v', 8_000)]] };
        yield return new() { Name = "bytes above 127 in a value", Headers = [["X-Text", "caf\u00e9 \u00ff\u0080"]], OverHttp2 = false };
        yield return new()
        {
            Name = "name of odd case",
            Headers = [["x-oDD-CaSe", "1"], ["ETAG", "\"x\""], ["content-type", "text/PLAIN; Charset=UTF-8"]]
        };
        yield return new() { Name = "name of all token characters", Headers = [["x!#$%&'*+-.^_`|~9", "1"]], OverHttp2 = true };
        yield return new()
        {
            Name = "80 headers",
            Headers = [.. Enumerable.Range(0, 80).Select(index => new[] { $"X-Number-{index}", new string('n', index) })]
        };
        yield return new()
        {
            Name = "twenty cookies",
            Headers = [.. Enumerable.Range(0, 20).Select(index => new[]
            {
                "Set-Cookie",
                $"c{index}=v{index}; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Path=/"
            })]
        };
        yield return new()
        {
            Name = "commas and quotes in values",
            Headers =
            [
                ["X-List", "a, \"b, c\",, d ;q=1"],
                ["Cache-Control", "private, max-age=0, no-cache=\"X-A, X-B\""],
                ["Link", "</a>; rel=x, </b>; rel=y"]
            ]
        };
        yield return new() { Name = "TAB inside a value", Headers = [["X-Tab", "a\tb"]], OverHttp2 = false };
        yield return new()
        {
            Name = "server, date and via of the origin",
            Headers = [["Server", "origin/1.0 (x)"], ["Date", "Thu, 01 Jan 2026 00:00:00 GMT"], ["Via", "1.0 fred, 1.1 p.example"]]
        };
        yield return new()
        {
            Name = "malformed date, expires and last-modified",
            Headers = [["Expires", "0"], ["Last-Modified", "yesterday"], ["Age", "x"]]
        };
        yield return new() { Name = "malformed content-type", Headers = [["Content-Type", "text"], ["Content-Language", ""]] };
        yield return new()
        {
            Name = "content-location, disposition, md5",
            Headers =
            [
                ["Content-Location", "/x y"],
                ["Content-Disposition", "attachment; filename*=UTF-8''a%20b"],
                ["Content-MD5", "not base64"],
                ["Content-Range", "nonsense"]
            ]
        };
        yield return new()
        {
            Name = "alt-svc, hsts, csp",
            Headers =
            [
                ["Alt-Svc", "h3=\":443\"; ma=1"],
                ["Strict-Transport-Security", "max-age=1"],
                ["Content-Security-Policy", "default-src 'self'; script-src *"]
            ]
        };
        yield return new()
        {
            Name = "connection names a header",
            Headers = [["Connection", "X-Private"], ["X-Private", "1"], ["X-Public", "2"]],
            OverHttp2 = false
        };
        yield return new()
        {
            Name = "keep-alive and proxy-connection",
            Headers = [["Keep-Alive", "timeout=5"], ["Proxy-Connection", "keep-alive"]],
            OverHttp2 = false
        };
        yield return new() { Name = "accept-ranges and etag on GET", Headers = [["Accept-Ranges", "bytes"], ["ETag", "W/\"weak\""]] };
    }
}
