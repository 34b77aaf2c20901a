namespace Gateway.Conformance.Messages;

/// <summary>What a proxy makes of responses of HTTP/1 (RFC 9112, sections 6 to 9; RFC 9110, sections 6.5, 7.6.1 and 15).</summary>
internal static class ResponseTable
{
    private static readonly string Large = new('b', 100_000);

    /// <summary>All of it; a case's number is its place.</summary>
    public static IReadOnlyList<ResponseCase> All { get; } = [.. Whole(), .. Connection(), .. Malformed(), .. Cut()];

    private static string Head(string status, params string[] headers) =>
        $"HTTP/1.1 {status}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";

    private static IEnumerable<ResponseCase> Whole()
    {
        yield return new("a length", [Head("200 OK", "Content-Length: 2") + "ok"], 200, "ok");
        yield return new("chunks", [Head("200 OK", "Transfer-Encoding: chunked") + "2\r\nok\r\n0\r\n\r\n"], 200, "ok");
        yield return new("up to the close", [Head("200 OK"), "ok"], 200, "ok") { Closes = true };
        yield return new("twenty chunks of 815 bytes with pauses",
        [
            Head("200 OK", "Transfer-Encoding: chunked", "Connection: close"),
            .. Enumerable.Repeat($"32f\r\n{Large[..815]}\r\n", 20),
            "0\r\n\r\n"
        ], 200, Large[..16_300])
        { Closes = true };
        yield return new("15,220 bytes", [Head("200 OK", "Content-Length: 15220"), Large[..15_220]], 200, Large[..15_220]);
        yield return new("a head in two pieces", ["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 2\r\n\r", "\nok"], 200, "ok");
        yield return new("early hints twice, then a length",
        [
            Head("103 Early Hints", "Link: </a>"),
            Head("103 Early Hints", "Link: </b>"),
            Head("200 OK", "Content-Length: 2") + "ok"
        ], 200, "ok")
        { Without = ["Link"] };
        yield return new("early hints, then chunks",
        [
            Head("103 Early Hints", "Link: </a>"),
            Head("200 OK", "Transfer-Encoding: chunked") + "2\r\nok\r\n0\r\n\r\n"
        ], 200, "ok")
        { Without = ["Link"] };
        yield return new("early hints, then no content", [Head("103 Early Hints", "Link: </a>") + Head("204 No Content")], 204, "")
        {
            Without = ["Link"]
        };
        yield return new("a 100 that was not asked for", [Head("100 Continue") + Head("200 OK", "Content-Length: 2") + "ok"], 200, "ok");
        yield return new(
            "HTTP/1.0 with chunks (9112 6.1)",
            ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
            200,
            "ok");
        yield return new(
            "chunks and a length: the chunks count, what is behind them does not",
            [Head("200 OK", "Transfer-Encoding: chunked", "Content-Length: 30") + "0\r\n\r\nResponse that splits this"],
            200,
            "");
        yield return new("no reason, no blank behind the status", ["HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"], 200, "ok");
        yield return new("a folded header (9112 5.2)", [Head("200 OK", "Content-Length: 2", "X-Fold: a", " b") + "ok"], 200, "ok");
    }

    private static IEnumerable<ResponseCase> Connection()
    {
        foreach (var lines in new[]
        {
            "keep-alive|X-Private",
            "X-Private|keep-alive",
            "close|X-Private",
            "X-Private|close",
            "X-Other|x-private",
            "upgrade|X-Private",
            "keep-alive, X-Private|"
        })
        {
            yield return new(
                $"Connection in two lines, {lines}, names a header",
                [
                Head("200 OK",
                [
                    .. lines.Split('|').Select(line => "Connection: " + line),
                    "X-Private: secret",
                    "Keep-Alive: timeout=5",
                    "Content-Length: 2"
                ]) + "ok"],
                200,
                "ok")
            {
                Without = ["X-Private", "Keep-Alive"],
            };
        }
    }

    private static IEnumerable<ResponseCase> Malformed()
    {
        foreach (var coding in new[] { "chunked, chunked", "chunked, gzip, chunked", "chunked, gzip", "gzip", "identity", "gzip, chunked" })
        {
            yield return new("Transfer-Encoding: " + coding, [Head("200 OK", "Transfer-Encoding: " + coding) + "0\r\n\r\n"], 0, "");
        }

        yield return new("two lengths", [Head("200 OK", "Content-Length: 2", "Content-Length: 3") + "ok!"], 0, "");
        yield return new("a length below 0", [Head("200 OK", "Content-Length: -2") + "ok"], 0, "");
        yield return new("a switch that was not asked for", [Head("101 Switching Protocols", "Upgrade: x", "Connection: upgrade")], 0, "");
        yield return new("a status of two digits", ["HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"], 0, "");
        yield return new("a name with a blank", [Head("200 OK", "X Name: 1", "Content-Length: 2") + "ok"], 0, "");
        yield return new("a value with NUL", [Head("200 OK", "X-Name: a\0b", "Content-Length: 2") + "ok"], 0, "");
        yield return new("HTTP/2.0 in a status line", ["HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"], 0, "");
        yield return new(
            "a trailer that frames",
            [Head("200 OK", "Transfer-Encoding: chunked") + "2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n"],
            0,
            "");
        yield return new("a close inside the head", ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"], 0, "") { Closes = true };
        yield return new("a close before anything", [""], 0, "") { Closes = true };
        yield return new("a small body that is cut is replaced unseen", [Head("200 OK", "Content-Length: 100"), "abc"], 0, "")
        {
            Closes = true
        };
    }

    /// <summary>A byte that is lost here would look exactly like a destination that cuts its response.</summary>
    private static IEnumerable<ResponseCase> Cut()
    {
        var sent = Large[..90_000] + "0123456789";
        yield return new("cut at once", [Head("200 OK", "Content-Length: 100000") + sent], 200, sent) { Closes = true, IsCut = true };
        yield return new("cut behind a small last piece",
        [
            Head("200 OK", "Content-Length: 100000"),
            Large[..90_000],
            "0123456789"
        ], 200, sent)
        { Closes = true, IsCut = true };
        yield return new("cut inside a chunk", [Head("200 OK", "Transfer-Encoding: chunked"), $"186a0\r\n{sent}"], 200, sent)
        {
            Closes = true,
            IsCut = true
        };
        yield return new("cut between two chunks",
        [
            Head("200 OK", "Transfer-Encoding: chunked"),
            $"{sent.Length:x}\r\n{sent}\r\n"
        ], 200, sent)
        { Closes = true, IsCut = true };
    }
}
