using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Gateway.Forwarding.Requests;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>One id a request, the same towards both sides, whoever answers and over whatever protocol.</summary>
[Trait("kind", "socket")]
public sealed class RequestIdsTests
{
    private const string Trusts = "trustedProxies: [ 127.0.0.0/8 ]";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Trusts, "X-Request-Id: edge-7f.3:a/b\r\n", "edge-7f.3:a/b")]
    [InlineData(Trusts, "x-request-id: \"quoted\\\"\r\n", "\"quoted\\\"")]
    [InlineData(Trusts, "X-Request-Id: LONGEST\r\n", "LONGEST")]
    [InlineData(Trusts, "X-Request-Id: LONGESTx\r\n", null)]
    [InlineData(Trusts, "X-Request-Id: two words\r\n", null)]
    [InlineData(Trusts, "X-Request-Id: \u00e9\r\n", null)]
    [InlineData(Trusts, "X-Request-Id:\r\n", null)]
    [InlineData(Trusts, "X-Request-Id: a\r\nX-Request-Id: b\r\n", null)]
    [InlineData(Trusts, "X_Request_Id: underscores\r\n", null)]
    [InlineData(Trusts, "", null)]
    [InlineData("trustedProxies: [ 10.0.0.0/8 ]", "X-Request-Id: forged\r\n", null)]
    [InlineData("", "X-Request-Id: forged\r\n", null)]
    [InlineData("", "X_Request_Id: forged\r\n", null)]
    public async Task Id_OfTheRequest_IsKeptFromTrustedProxiesElseReplaced(string top, string header, string? kept)
    {
        var longest = new string('i', RequestIds.Longest);
        header = header.Replace("LONGEST", longest, StringComparison.Ordinal);
        await using var guide =
            new ScriptedUpstream(static r => r.RespondAsync(
                "ok",
                headers: "X-Request-Id: the-destinations-own\r\nx-request-id: twice\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: top));

        foreach (var (method, body) in new[] { ("GET", ""), ("HEAD", ""), ("POST", "Content-Length: 5\r\n\r\nhello"), ("DELETE", "") })
        {
            var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\n{header}{(body.Length > 0 ? body : "\r\n")}", method);

            Assert.Equal(200, response.Status);
            var id = Assert.Single(response.Header("X-Request-Id"));
            Assert.Equal([id], guide.Last.Header("X-Request-Id"));
            Assert.Empty(guide.Last.Header("X_Request_Id"));
            if (kept is null)
            {
                AssertIsMade(id);
            }
            else
            {
                Assert.Equal(kept.Replace("LONGEST", longest, StringComparison.Ordinal), id);
            }
        }
    }

    [Fact]
    public async Task Ids_OfRequestsOnOneConnection_Differ()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            ids.Add((await client.ReadAsync()).Header("X-Request-Id").Single());
        }

        Assert.Equal(5, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(guide.Requests.Select(static r => r.Header("X-Request-Id").Single()), ids);
    }

    [Theory]
    [InlineData("http", HttpProtocols.Http1)]
    [InlineData("http", HttpProtocols.Http2)]
    [InlineData("https", HttpProtocols.Http1)]
    [InlineData("https", HttpProtocols.Http1AndHttp2)]
    public async Task Id_OnEveryTransport_ReachesTheDestinationAndTheUser(string scheme, HttpProtocols protocols)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            SayAsync,
            protocols,
            scheme == "https" ? TestAuthority.Issue("127.0.0.1") : null);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));

        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            foreach (var (method, body) in new[] { (HttpMethod.Get, null), (HttpMethod.Post, "hello"), (HttpMethod.Delete, (string?)null) })
            {
                using var request = new HttpRequestMessage(method, "/")
                {
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = body is null ? null : new StringContent(body)
                };
                request.Headers.Add("X-Request-Id", "forged");
                using var response = await gateway.Client.SendAsync(request, Cancel);

                var id = Assert.Single(response.Headers.GetValues("X-Request-Id"));
                AssertIsMade(id);
                Assert.Equal(id, await response.Content.ReadAsStringAsync(Cancel));
            }
        }
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("text/event-stream")]
    public async Task Id_OfStreams_ReachesTheDestinationAndTheUser(string type)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            context =>
            {
                context.Response.ContentType = type;
                context.Response.Headers["X-Seen"] = context.Request.Headers["X-Request-Id"];
                return context.Response.WriteAsync("data: a\n\n", context.RequestAborted);
            },
            HttpProtocols.Http2,
            TestAuthority.Issue("127.0.0.1"));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url], route: "    stream: {}"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Version = HttpVersion.Version20,
            Content = new ByteArrayContent([0, 0, 0, 0, 0])
        };
        request.Content.Headers.ContentType = new(type);
        using var response = await gateway.Client.SendAsync(request, Cancel);

        var id = Assert.Single(response.Headers.GetValues("X-Request-Id"));
        AssertIsMade(id);
        Assert.Equal([id], response.Headers.GetValues("X-Seen"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Id_OfAWebSocket_ReachesTheDestinationAndTheUser(int major)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var guide = await KestrelUpstream.StartAsync(async context =>
        {
            seen.TrySetResult(context.Request.Headers["X-Request-Id"].ToString());
            context.Response.Headers["X-Request-Id"] = "the-destinations-own";
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = new Version(major, major == 1 ? 1 : 0);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = "wss" }.Uri, gateway.Client, Cancel);

        var id = Assert.Single(socket.HttpResponseHeaders!["X-Request-Id"]);
        AssertIsMade(id);
        Assert.Equal(id, await seen.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancel));
    }

    [Theory]
    [InlineData("POST /all HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n", 400)]
    [InlineData("POST /all HTTP/1.1\r\nHost: a\r\nContent-Length: 99000000\r\n", 413)]
    [InlineData("POST /all HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99000000\r\n", 413)]
    [InlineData("GET /nowhere HTTP/1.1\r\nHost: a\r\n", 404)]
    [InlineData("DELETE /all HTTP/1.1\r\nHost: a\r\n", 405)]
    [InlineData("GET /all HTTP/1.1\r\nHost: a\r\n", 503)]
    [InlineData("POST /all HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n", 502)]
    public async Task Id_OfWhatTheGatewaySaysItself_IsInHeaderAndProblem(string request, int status)
    {
        await using var guide = new ScriptedUpstream(static r =>
        {
            r.Reset();
            return Task.CompletedTask;
        });
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1").Replace(
                "\"/{**rest}\"",
                "\"/all/{**rest}\", methods: [ GET, POST ]",
                StringComparison.Ordinal));

        var response = await gateway.AskAsync(request + "Accept: application/json\r\n\r\n");

        Assert.Equal(status, response.Status);
        var id = Assert.Single(response.Header("X-Request-Id"));
        AssertIsMade(id);
        Assert.Equal(id, JsonDocument.Parse(response.Body).RootElement.GetProperty("requestId").GetString());
    }

    [Theory]
    [InlineData("application/json", "application/problem+json", true)]
    [InlineData("text/event-stream", "text/event-stream", true)]
    [InlineData("text/html", "text/html; charset=utf-8", false)]
    [InlineData("text/plain", "text/plain; charset=utf-8", false)]
    public async Task Id_WithMarks_LeavesEveryShapeOfTheBuiltInResponseWhole(string accept, string type, bool isSaid)
    {
        await using var guide = new ScriptedUpstream { Healthy = false };
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: Trusts));

        var response = await gateway.GetAsync("/", $"Accept: {accept}\r\nX-Request-Id: a\"}}</script>\\\r\n");

        Assert.Equal((503, true), (response.Status, response.IsWhole));
        Assert.Equal([type], response.Header("Content-Type"));
        Assert.Equal(["a\"}</script>\\"], response.Header("X-Request-Id"));
        if (isSaid)
        {
            var json = response.Body[response.Body.IndexOf('{', StringComparison.Ordinal)..];
            Assert.Equal("a\"}</script>\\", JsonDocument.Parse(json).RootElement.GetProperty("requestId").GetString());
        }
        else
        {
            Assert.DoesNotContain("a\"}", response.Body, StringComparison.Ordinal);
        }
    }

    /// <summary>A response that was kept says the id of the request that it is given to, and is found whatever id that has.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("Vary: X-Request-Id\r\n")]
    public async Task Id_OfALastGoodResponse_IsTheRequestsOwn(string headers)
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("good", headers: "X-Request-Id: old\r\n" + headers));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                top: Trusts,
                route: "    lastGood: {}\n    fallback: [ lastGood ]"));
        Assert.Equal("good", (await gateway.GetAsync("/a", "X-Request-Id: one\r\n")).Body);
        guide.Script = static r => r.RespondAsync("down", 503);

        foreach (var id in new[] { "two", "three" })
        {
            var response = await gateway.GetAsync("/a", $"X-Request-Id: {id}\r\n");

            Assert.Equal((200, "good"), (response.Status, response.Body));
            Assert.Equal(["last-good"], response.Header("X-Fallback"));
            Assert.Equal([id], response.Header("X-Request-Id"));
        }
    }

    [Fact]
    public async Task Id_OfARetry_IsTheSame()
    {
        await using var bad = new ScriptedUpstream(static r => r.RespondAsync("no", 503));
        await using var good = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([bad.Url], [good.Url]));

        var response = await gateway.GetAsync();

        Assert.Equal(200, response.Status);
        Assert.Equal(Assert.Single(bad.Requests).Header("X-Request-Id"), Assert.Single(good.Requests).Header("X-Request-Id"));
        Assert.Equal(good.Last.Header("X-Request-Id"), response.Header("X-Request-Id"));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("a", "a")]
    [InlineData("!~", "!~")]
    [InlineData("a\tb", null)]
    [InlineData("a\u0080", null)]
    public void Read_OfOneValue_TakesVisibleAsciiAlone(string? value, string? id) =>
        Assert.Equal(id, RequestIds.Read(new StringValues(value)));

    private static Task SayAsync(HttpContext context)
    {
        context.Response.Headers["X-Request-Id"] = "the-destinations-own";
        return context.Response.WriteAsync(context.Request.Headers["X-Request-Id"].ToString(), context.RequestAborted);
    }

    private static void AssertIsMade(string id)
    {
        Assert.True(Guid.TryParseExact(id, "D", out var uuid), id);
        Assert.Equal(7, uuid.Version);
    }
}
