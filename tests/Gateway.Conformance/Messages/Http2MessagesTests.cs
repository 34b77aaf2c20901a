using System.Globalization;
using System.Text;
using Gateway.Conformance.Hostile;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Conformance.Messages;

/// <summary>
/// Requests of HTTP/2, field by field (RFC 9113, section 8): what reaches a destination of HTTP/1.1, and what is refused before it.
/// </summary>
public sealed class Http2MessagesTests(MessagesBed bed) : IClassFixture<MessagesBed>
{
    private static int _last = 6_000_000;

    /// <summary>What a request has beside its pseudo-headers, and whether it may go on.</summary>
    public static TheoryData<string, bool> Rows()
    {
        var rows = new TheoryData<string, bool>();
        foreach (var (name, row) in Table)
        {
            rows.Add(name, row.Check is not null);
        }

        return rows;
    }

    private static readonly Dictionary<string, Row> Table = new(StringComparer.Ordinal)
    {
        ["nothing odd"] = new(static request => Assert.Equal("shop.example", request.Header("X-Forwarded-Host"))),
        ["a length of 0 with GET"] = new(static _ => { }) { Fields = [("content-length", "0")] },
        [
        "a body with GET"] = new(static request => Assert.Equal("delivered, like it or not", request.Body))
        {
            Body = "delivered, like it or not"
        },
        [
        "a body of just its length"] = new(static request => Assert.Equal("hello", request.Body))
        {
            Method = "POST",
            Body = "hello",
            Fields = [("content-length", "5")]
        },
        [
        "a body that is longer than its length"] = new(null)
        {
            Method = "POST",
            Body = "hello, and more",
            Fields = [("content-length", "5")]
        },
        ["a body that is shorter than its length"] = new(null) { Method = "POST", Body = "hell", Fields = [("content-length", "5")] },
        ["a length without a body"] = new(null) { Method = "POST", Fields = [("content-length", "5")] },
        ["a path without its slash"] = new(null) { Path = static path => path[1..] },
        ["an empty path"] = new(null) { Path = static _ => "" },
        ["a path that is a URL"] = new(null) { Path = static path => "http://shop.example" + path },
        ["a path with a blank"] = new(null) { Path = static path => path + " HTTP/1.1" },
        ["a path with a fragment"] = new(null) { Path = static path => path + "#a" },
        ["a scheme that is a URL"] = new(null) { Scheme = "http://localhost/?" },
        ["a method that is no token"] = new(null) { Method = "GET?" },
        ["an empty method"] = new(null) { Method = "" },
        [
        "an authority and another host: the authority counts (9113 8.3.1)"] =
            new(static request => Assert.Equal(
                ("shop.example", false),
                (request.Header("X-Forwarded-Host"), request.Headers.Any(line => line.Value.Contains("other", StringComparison.Ordinal)))))
            {
                Fields = [("host", "other.example")]
            },
        ["an authority with a user"] = new(null) { Authority = "me@shop.example" },
        ["a name in upper case"] = new(null) { Fields = [("X-Upper", "1")] },
        ["a name with a blank"] = new(null) { Fields = [("x y", "1")] },
        ["a value with a line end"] = new(null) { Fields = [("x-a", "1\r\nx-smuggled: 1")] },
        ["a value with NUL"] = new(null) { Fields = [("x-a", "1\0")] },
        ["a value that begins with a blank"] = new(null) { Fields = [("x-a", " 1")] },
        ["connection"] = new(null) { Fields = [("connection", "x-a"), ("x-a", "1")] },
        ["keep-alive"] = new(null) { Fields = [("keep-alive", "timeout=5")] },
        ["proxy-connection"] = new(null) { Fields = [("proxy-connection", "close")] },
        ["upgrade"] = new(null) { Fields = [("upgrade", "websocket")] },
        ["transfer-encoding"] = new(null) { Fields = [("transfer-encoding", "chunked")] },
        ["te of something else than trailers"] = new(null) { Fields = [("te", "gzip")] },
        ["te: trailers"] = new(static request => Assert.Equal("trailers", request.Header("TE"))) { Fields = [("te", "trailers")] },
        ["a pseudo-header twice"] = new(null) { Fields = [(":path", "/x")] },
        ["a pseudo-header that does not exist"] = new(null) { Fields = [(":foo", "1")] },
        ["a pseudo-header of responses"] = new(null) { Fields = [(":status", "200")] },
        [
        "two cookies are one line (9113 8.2.3)"] = new(static request => Assert.Equal("a=1; b=2", request.Header("Cookie")))
        {
            Fields = [("cookie", "a=1"), ("cookie", "b=2")]
        },
        [
        "trailers end here"] = new(static request => Assert.Equal(("hello", ""), (request.Body, request.Header("x-trailer"))))
        {
            Method = "POST",
            Body = "hello",
            Trailers = [("x-trailer", "1")]
        },
    };

    /// <summary>Trailers that make a request malformed: its stream is reset, and nothing of them reaches a destination.</summary>
    public static TheoryData<string, string> BadTrailers => new()
    {
        { ":method", "GET" }, { "X-Upper", "1" }, { "x y", "1" }, { "x-a", "1\rb" }, { "x-a", "1\nx-smuggled: 1" }, { "x-a", "1\0" },
        { "transfer-encoding", "chunked" }, { "content-length", "5" }, { "host", "other.example" }, { "connection", "close" },
        { "keep-alive", "timeout=5" }, { "upgrade", "websocket" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Request_OfTheseFields_ComesToWhatTheTableSays(string name, bool goesOn)
    {
        var row = Table[name];
        foreach (var cluster in new[] { "clear", "tls" })
        {
            var (response, reached) = await AskAsync(cluster, row);

            Assert.Equal(goesOn, response is { Status: 200, IsReset: false });
            Assert.True(goesOn || response.IsRefused, $"{response}");
            if (goesOn)
            {
                row.Check!(Assert.Single(reached));
            }
            else
            {
                // A length that does not fit shows only behind the head: the destination may have seen a request that never became whole.
                Assert.Empty(reached);
            }
        }
    }

    [Theory]
    [MemberData(nameof(BadTrailers))]
    public async Task Trailers_ThatAreMalformedOrFrameTheMessage_NeverReachADestination(string name, string value)
    {
        foreach (var cluster in new[] { "clear", "tls" })
        {
            var (_, reached) = await AskAsync(
                cluster,
                new(static _ => { }) { Method = "POST", Body = "hello", Trailers = [(name, value)] });

            Assert.All(reached, request => Assert.Equal("hello", request.Body));
            Assert.All(reached, request => Assert.DoesNotContain(request.Headers, line => line.Value == value
                && line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                && name != "content-length"));
            Assert.Empty(await bed.Bed.RecordedAsync(Generator.Smuggled, TestContext.Current.CancellationToken));
        }
    }

    /// <summary>RFC 9113, section 5.5: frames of a type that is not known are skipped.</summary>
    [Fact]
    public async Task Frame_OfAnUnknownType_IsSkipped()
    {
        await using var client = await RawHttp2Client.ConnectAsync(bed.Bed.Gateway.TlsUrl);
        var id = NextId();

        await client.SendAsync(type: 0x42, flags: 0xFF, stream: 0, payload: [1, 2, 3]);
        var response = await client.AskAsync(
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "shop.example"),
            (":path", $"/clear/{id}"));

        Assert.Equal((200, id), (response.Status, response.Body));
    }

    /// <summary>
    /// RFC 9113, section 5.4.2: what is wrong with one stream ends that stream; what is wrong with the compression or the frames ends the
    /// connection, and nothing else.
    /// </summary>
    [Fact]
    public async Task Stream_ThatIsMalformed_LeavesOtherConnectionsAlone()
    {
        await using var good = await RawHttp2Client.ConnectAsync(bed.Bed.Gateway.TlsUrl);
        for (var i = 0; i < 5; i++)
        {
            await using var bad = await RawHttp2Client.ConnectAsync(bed.Bed.Gateway.TlsUrl);
            Assert.True((await bad.AskAsync(
                (":method", "GET"),
                (":scheme", "https"),
                (":authority", "shop.example"),
                (":path", "/clear/x"),
                ("X-Upper", "1"))).IsRefused);
            Assert.Equal(
                200,
                (await good.AskAsync(
                    (":method", "GET"),
                    (":scheme", "https"),
                    (":authority", "shop.example"),
                    (":path", "/clear/y"))).Status);
        }
    }

    private static string NextId() => "ID" + Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);

    private async Task<(RawHttp2Response Response, IReadOnlyList<RecordedRequest> Reached)> AskAsync(string cluster, Row row)
    {
        var messages = bed.Bed;
        var id = NextId();
        await using var client = await RawHttp2Client.ConnectAsync(messages.Gateway.TlsUrl);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        client.Cancel = patience.Token;
        var response = await client.AskAsync(
            [(":method", row.Method), (":scheme", row.Scheme), (":authority", row.Authority), (":path", row.Path($"/{cluster}/{id}")),
            .. row.Fields],
            row.Body is null ? null : Encoding.Latin1.GetBytes(row.Body),
            row.Trailers);
        return (response, await messages.RecordedAsync(id, TestContext.Current.CancellationToken));
    }

    /// <param name="Check">What must have reached the destination; null: nothing may.</param>
    private sealed record Row(Action<RecordedRequest>? Check)
    {
        public string Method { get; init; } = "GET";

        public string Scheme { get; init; } = "https";

        public string Authority { get; init; } = "shop.example";

        public Func<string, string> Path { get; init; } = static path => path;

        public (string Name, string Value)[] Fields { get; init; } = [];

        public string? Body { get; init; }

        public (string Name, string Value)[]? Trailers { get; init; }
    }
}
