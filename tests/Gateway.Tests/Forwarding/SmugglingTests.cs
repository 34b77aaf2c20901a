using System.Text;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// Requests that are not one request: refused with a 400 before any destination is asked, by users of HTTP/1.1 and HTTP/2, with and without
/// a body, before destinations of every protocol. Nothing that a client sends may be evidence about a destination.
/// </summary>
[Trait("kind", "socket")]
public sealed class SmugglingTests
{
    private static readonly string[] Names =
    [
        "x: y\r\ncontent-length", "x\r\ny", "x y", "x:y", " x", "x ", "x\0y", "x\ny", "x\ry", "x\ty", "x\x0by", "x\x7fy", "x\x80y",
        "x\xffy", "x(y", "x/y", "x@y", "x[y", "x\"y", "x,y", "x;y", "x=y",
        "transfer-encoding\x0b", "content-length\x0c", "host\x01",
    ];

    private static readonly string[] Values = ["a\r\nx-smuggled: 1", "a\nb", "a\rb", "a\0b", "a\x0b", "a\x7f", "a\x1f"];

    private static readonly string[] Targets =
    [
        "/a\xff",
        "/a\x80?b",
        "/a b",
        "/a?b HTTP/1.1\r\nx: y",
        "/a\tb",
        "/a\x7f",
        "/a\0",
        "/a\r",
        "/a\n",
        "/a#b",
        "/\xe9\x97\xae",
        "/a?\xc3\xa9"
    ];

    [Theory]
    [InlineData("h1", "GET")]
    [InlineData("h1", "POST")]
    [InlineData("h2c", "GET")]
    [InlineData("h2c", "POST")]
    [InlineData("tls", "GET")]
    [InlineData("tls", "POST")]
    public async Task Http2Request_NotOneRequest_IsRefusedAndBlamesNoDestination(string destination, string method)
    {
        var asked = 0;
        await using var upstream = await StartAsync(destination, () => Interlocked.Increment(ref asked));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([upstream.Url]));
        var body = method == "POST" ? "body"u8.ToArray() : null;

        foreach (var (target, name, value) in Names.Select(static n => ("/a", n, "1"))
            .Concat(Values.Select(static v => ("/a", "x-a", v)))
            .Concat(Targets.Select(static t => (t, "x-a", "1"))))
        {
            await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);
            var response = await client.AskAsync([
                (":method", method),
                (":scheme", "https"),
                (":path", target),
                (":authority", "a"),
                (name, value)
            ], body);

            Assert.True(response.IsRefused, $"{Escape(target)} {Escape(name)}: {Escape(value)} got {response}");
        }

        Assert.Equal(0, asked);
        await using var good = await RawHttp2Client.ConnectAsync(gateway.Url);
        Assert.Equal(
            200,
            (await good.AskAsync([
                (":method", method),
                (":scheme", "https"),
                (":path", "/a"),
                (":authority", "a"),
                ("x-a", "1")
            ], body)).Status);
        Assert.Equal(1, asked);
        Assert.Equal(1, await gateway.MetricAsync("gateway_destination_up"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
    }

    [Theory]
    [InlineData("h1", "GET")]
    [InlineData("h1", "POST")]
    [InlineData("tls", "POST")]
    public async Task Http2Request_Malformed_IsRefused(string destination, string method)
    {
        var asked = 0;
        await using var upstream = await StartAsync(destination, () => Interlocked.Increment(ref asked));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([upstream.Url]));
        var body = method == "POST" ? "body"u8.ToArray() : null;
        (string Name, string Value)[] start = [(":method", method), (":scheme", "https"), (":path", "/a")];
        (string Name, string Value) host = (":authority", "a");
        (string Name, string Value)[][] cases =
        [
            [host, ("transfer-encoding", "chunked")], [host, ("upgrade", "h2c")], [host, ("keep-alive", "5")],
            [host, ("proxy-connection", "keep-alive")], [host, ("connection", "x-a")], [host, ("te", "gzip")],
            [host, ("x-a", " b")], [host, ("x-a", "b ")], [host, ("x-a", "\tb")], [host, ("x-a", "b\t")], [host, ("x-a", " ")],
            [], [(":authority", "")], [("host", "")],
        ];

        foreach (var rest in cases)
        {
            await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);
            var response = await client.AskAsync([.. start, .. rest], body);

            Assert.True(response.IsRefused, $"{string.Join(", ", rest)} got {response}");
        }

        Assert.Equal(0, asked);
        (string Name, string Value)[][] good = [[host, ("te", "trailers")], [("host", "a")], [host, ("x-a", "")]];
        foreach (var rest in good)
        {
            await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);
            Assert.Equal(200, (await client.AskAsync([.. start, .. rest], body)).Status);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Http1Request_NotOneRequest_IsRefusedAndBlamesNoDestination(string method)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        var (length, body) = method == "POST" ? ("Content-Length: 4\r\n", "body") : ("", "");

        // A line break inside of a name or value is the next line here, which is no attack: the bytes between the lines are.
        var heads = Names.Where(static n => !n.Contains('\n', StringComparison.Ordinal)
            && !n.Contains(':', StringComparison.Ordinal)).Select(n => $"{method} /a HTTP/1.1\r\nHost: a\r\n{n}: 1\r\n{length}\r\n{body}")
            .Concat(Values.Where(static v => !v.Contains(
                '\n',
                StringComparison.Ordinal)).Select(v => $"{method} /a HTTP/1.1\r\nHost: a\r\nX-A: {v}\r\n{length}\r\n{body}"))
            .Concat(Targets.Where(static t => !t.Contains(
                '\n',
                StringComparison.Ordinal)).Select(t => $"{method} {t} HTTP/1.1\r\nHost: a\r\n{length}\r\n{body}"));
        foreach (var head in heads)
        {
            Assert.True(await RefusedAsync(gateway, head), Escape(head));
        }

        Assert.Empty(guide.Requests);
        Assert.Equal(1, await gateway.MetricAsync("gateway_destination_up"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
    }

    [Theory]
    [InlineData("Content-Length: +5")]
    [InlineData("Content-Length: -0")]
    [InlineData("Content-Length: 5\0")]
    [InlineData("Content-Length: 5\x0b")]
    [InlineData("Content-Length: 5\x0c")]
    [InlineData("Content-Length: 0x5")]
    [InlineData("Content-Length: 5 5")]
    [InlineData("Content-Length: 5,5")]
    [InlineData("Content-Length: 00000000000000000000000005")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length:")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData("Transfer-Encoding: chunked, identity")]
    [InlineData("Transfer-Encoding: xchunked")]
    [InlineData("Transfer-Encoding: gzip, chunked")]
    [InlineData("Transfer-Encoding: identity, chunked")]
    [InlineData("Transfer-Encoding: chunked, chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: ,chunked")]
    [InlineData("Transfer-Encoding: chunked,")]
    [InlineData("Transfer-Encoding\x0b: chunked")]
    public async Task Http1Request_FramingThatParsersReadDifferently_IsRefusedAndClosed(string framing)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        foreach (var method in (string[])["POST", "PUT", "GET", "DELETE"])
        {
            Assert.True(await RefusedAsync(gateway, $"{method} / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), method);
        }

        Assert.Empty(guide.Requests);
    }

    [Theory]
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nhello\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000005\r\nhello\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n")]
    public async Task Http1Request_ChunksThatAreNone_AreRefusedAndNoFailureOfOurs(string request)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        Assert.True(await RefusedAsync(gateway, request));
        Assert.Empty(guide.Requests);
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
    }

    [Fact]
    public async Task Connect_ByHttp2_IsRefused()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));

        foreach (var fields in ((string, string)[][])
        [
            [(":method", "CONNECT"), (":authority", "evil.test:443")],
            [(":method", "CONNECT"), (":scheme", "https"), (":path", "/"), (":authority", "a"), (":protocol", "connect-udp")],
            [(":method", "CONNECT"), (":scheme", "https"), (":path", "/"), (":authority", "a"), (":protocol", "x y\r\nz: 1")],
        ])
        {
            await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);
            var response = await client.AskAsync(fields);

            Assert.True(response.IsRefused, response.ToString());
        }

        Assert.Empty(guide.Requests);
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
    }

    /// <summary>A 4xx and then the end of the connection; or, where Kestrel itself gave up, only the end.</summary>
    private static async Task<bool> RefusedAsync(InProcessGateway gateway, string request)
    {
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync(request);
        var response = await client.ReadAsync();
        return response.Status is >= 400 and < 500 && (await client.ReadHeadAsync()).Length == 0;
    }

    private static async Task<KestrelUpstream> StartAsync(string kind, Action asked) => await KestrelUpstream.StartAsync(
        context =>
        {
            asked();
            return context.Response.WriteAsync("ok");
        },
        kind == "h2c" ? HttpProtocols.Http2 : kind == "tls" ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1,
        kind == "tls" ? TestAuthority.Issue("127.0.0.1") : null);

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var character in text)
        {
            escaped.Append(character is >= ' ' and <= '~' ? character.ToString() : $"\\x{(int)character:x2}");
        }

        return escaped.ToString();
    }
}
