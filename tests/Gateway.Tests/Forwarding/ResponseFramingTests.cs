using System.Net.WebSockets;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Responses whose framing is odd: passed on as the RFCs read them, or a failed attempt; the same for every method.</summary>
[Trait("kind", "socket")]
public sealed class ResponseFramingTests
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

    public static TheoryData<string> AllMethods() => [.. Methods];

    /// <summary>
    /// What a status cannot have is left out (RFC 9110, sections 8.6 and 15.3; RFC 9112, section 6.3), and the
    /// connection behind it is not trusted.
    /// </summary>
    [Theory]
    [InlineData("204 No Content", "Content-Length: 11\r\n", "")]
    [InlineData("204 No Content", "Transfer-Encoding: chunked\r\n", "")]
    [InlineData("204 No Content", "Content-Length: 11\r\n", "stray bytes")]
    [InlineData("205 Reset Content", "Content-Length: 0\r\n", "")]
    [InlineData("304 Not Modified", "Content-Length: 11\r\n", "")]
    public async Task Status_WithoutABody_HasNone(string status, string framing, string body)
    {
        await using var guide = new ScriptedUpstream(r => r.Target == "/next"
            ? r.RespondAsync("next")
            : r.SendAsync($"HTTP/1.1 {status}\r\n{framing}X-Mark: yes\r\n\r\n{body}"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        foreach (var method in Methods)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Url);
            await client.SendAsync(
                $"{method} / HTTP/1.1\r\nHost: a\r\n{(method is "POST" or "PUT" or "PATCH" ? "Content-Length: 0\r\n" : "")}\r\n");
            var head = await client.ReadHeadAsync();
            await client.SendAsync("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
            var next = await client.ReadAsync();

            Assert.StartsWith($"HTTP/1.1 {status[..3]}", head, StringComparison.Ordinal);
            Assert.Contains("X-Mark: yes", head, StringComparison.Ordinal);
            Assert.DoesNotContain("Transfer-Encoding", head, StringComparison.OrdinalIgnoreCase);
            if (status.StartsWith("204", StringComparison.Ordinal))
            {
                Assert.DoesNotContain("Content-Length", head, StringComparison.OrdinalIgnoreCase);
            }

            Assert.Equal("next", next.Body);
        }

        Assert.Equal(1, await gateway.MetricAsync("gateway_destination_up"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task ChunksAndALength_GoByTheChunks(string method)
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.ReadBodyAsync();
            await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var received = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal((200, "hello world", true), (received.Status, received.Body, received.IsWhole));
    }

    [Theory]
    [MemberData(nameof(AllMethods))]
    public async Task TwoEqualLengths_AreOne(string method)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            await r.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n{(method == "HEAD" ? "" : "hello")}");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1"));

        var received = await RawClient.AskAsync(
            gateway.Url,
            $"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            method);

        Assert.Equal((200, method == "HEAD" ? "" : "hello"), (received.Status, received.Body));
        Assert.Equal(["5"], received.Header("Content-Length"));
        Assert.Single(guide.Requests);
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 a\rb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: a\rb\r\n\r\n")]
    public async Task Response_ThatIsNone_IsAFailedAttempt(string response)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            await r.SendAsync(response);
            r.Close();
        });
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("whole"));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url], attempts: "hedge: off"));

        foreach (var method in (string[])["GET", "PUT", "DELETE"])
        {
            var received = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

            Assert.Equal((200, "whole"), (received.Status, received.Body));
        }

        var post = await gateway.AskAsync("POST /alone HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        Assert.True(post.Status is 200 or 502, post.Head);
    }

    /// <summary>An offer to go on in HTTP/2 is between two hops: curl and Java's client make it with each request.</summary>
    [Theory]
    [InlineData("GET", HttpProtocols.Http1)]
    [InlineData("GET", HttpProtocols.Http2)]
    [InlineData("POST", HttpProtocols.Http1)]
    [InlineData("POST", HttpProtocols.Http2)]
    public async Task OfferOfHttp2_IsIgnored(string method, HttpProtocols protocols)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Headers.Upgrade}"),
            protocols);
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var received =
            await gateway.AskAsync(
                $"{method} / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
                    + $"AAMAAABkAAQAoAAAAAIAAAAA\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal((200, protocols == HttpProtocols.Http2 ? "HTTP/2 " : "HTTP/1.1 "), (received.Status, received.Body));
    }

    /// <summary>
    /// A client that says gRPC does not choose the protocol: a server that does not speak HTTP/2 gets what it speaks, and is not blamed.
    /// </summary>
    [Fact]
    public async Task GrpcContentType_ToAServerOfHttp11_IsAnOrdinaryPostAndBlamesNothing()
    {
        await using var guide = new ScriptedUpstream(static r => r.RespondAsync("unsupported", 415));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("unsupported", 415));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        for (var i = 0; i < 20; i++)
        {
            var received =
                await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 5\r\n\r\nhello");

            Assert.Equal((415, "unsupported"), (received.Status, received.Body));
        }

        Assert.Equal(2, await gateway.MetricAsync("gateway_destination_up"));
        // A probe has looked whether it speaks HTTP/2 as well, on a connection of its own.
        Assert.All(
            guide.Requests.Where(static r => r.Method is not ("PRI" or "SM")),
            static r => Assert.EndsWith(" HTTP/1.1", r.Line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WebSockets_CountAsRequestsInFlight()
    {
        await using var guide = await KestrelUpstream.StartAsync(static async context =>
        {
            if (!context.WebSockets.IsWebSocketRequest)
            {
                await context.Response.WriteAsync("ok");
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(new byte[16], context.RequestAborted);
        });
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([], attempts: "hedge: off").Replace(
                "{ name: primary, destinations: [  ] }",
                $"{{ name: primary, capacity: 1, destinations: [ {guide.Url} ] }}",
                StringComparison.Ordinal));

        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
            await Eventually.BecomeTrueAsync(
                async () => await gateway.MetricAsync("gateway_inflight") == 1,
                TimeSpan.FromSeconds(20),
                "the WebSocket is in flight");
            Assert.Equal(503, (await gateway.GetAsync()).Status);
        }

        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_inflight") == 0,
            TimeSpan.FromSeconds(20),
            "nothing is in flight");
        Assert.Equal(200, (await gateway.GetAsync()).Status);
    }
}
