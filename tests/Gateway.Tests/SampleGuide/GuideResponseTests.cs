using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.SampleGuide;

/// <summary>One process for all cases: none of them changes what another sees.</summary>
[Trait("kind", "process")]
public sealed class GuideResponseTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private GuideUnderTest _guide = null!;

    public async ValueTask InitializeAsync() =>
        _guide = await GuideUnderTest.StartAsync("--name", "guide-a", "--orders", Path.Combine(_folder.Path, "orders"));

    public async ValueTask DisposeAsync()
    {
        await _guide.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task EveryPath_Asked_AnswersAndNamesTheGuide()
    {
        foreach ((string path, int status, string contentType) in new[]
        {
            ("/health", 200, "text/plain"), ("/api/guide/recommend?user=u&category=c", 200, "application/json"),
            ("/api/guide/trending/shoes", 200, "application/json"),
            ("/", 200, "text/html"), ("/guide/a/b", 200, "text/html"), ("/api/guide/chat?tokens=1", 200, "text/event-stream"),
            ("/bytes?n=10", 200, "application/octet-stream"), ("/nothing", 404, "application/json"),
        })
        {
            using HttpResponseMessage response = await _guide.GetAsync(path);
            Assert.Equal((path, status, contentType), (path, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            Assert.Equal("guide-a", Assert.Single(response.Headers.GetValues("X-Guide")));
        }
    }

    [Fact]
    public async Task Recommend_TwoGuides_DifferInTheSourceAlone()
    {
        await using GuideUnderTest other = await GuideUnderTest.StartAsync("--name", "guide-b");
        using HttpResponseMessage a = await _guide.GetAsync("/api/guide/recommend?user=u&category=c");
        using HttpResponseMessage b = await other.GetAsync("/api/guide/recommend?user=u&category=c");
        string bodyA = await a.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string bodyB = await b.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(bodyA.Replace("guide-a", "guide-b", StringComparison.Ordinal), bodyB);
        Assert.NotEqual(bodyA, bodyB);
        Assert.Equal(a.Headers.ETag, b.Headers.ETag);
        Assert.Equal(bodyA.Length, a.Content.Headers.ContentLength);
        Assert.InRange(bodyA.Length, 600, 1500);

        using HttpResponseMessage unchanged = await _guide.GetAsync(
            "/api/guide/recommend?user=u&category=c",
            request => request.Headers.IfNoneMatch.Add(a.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Chat_CutAndAskedOfAnotherGuide_GoesOnIdentically()
    {
        await using GuideUnderTest other = await GuideUnderTest.StartAsync("--name", "guide-a");
        string whole = await TextAsync(_guide, "/api/guide/chat?tokens=9&intervalMs=1&conversation=c7");
        string rest = await TextAsync(other, "/api/guide/chat?tokens=9&intervalMs=1&conversation=c7", lastEventId: "4");

        Assert.StartsWith("id: 0\ndata: {\"token\":\"", whole, StringComparison.Ordinal);
        Assert.StartsWith("id: 5\n", rest, StringComparison.Ordinal);
        Assert.EndsWith(rest, whole, StringComparison.Ordinal);
        Assert.EndsWith("event: done\ndata: {\"tokens\":9,\"source\":\"guide-a\"}\n\n", whole, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cart_SameOrderTwice_IsExecutedTwiceAndShows()
    {
        using (await _guide.SendAsync(HttpMethod.Post, "/api/cart", request => request.Content = new StringContent("{\"id\":\"o-1\"}")))
        using (HttpResponseMessage second = await _guide.SendAsync(HttpMethod.Post, "/api/cart?id=o-1"))
        {
            using JsonDocument response = JsonDocument.Parse(await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("o-1", response.RootElement.GetProperty("executed").GetString());
        }

        using (HttpResponseMessage bad = await _guide.SendAsync(HttpMethod.Post, "/api/cart?id=with%0aline"))
        {
            Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        }

        Assert.Equal("{\"o-1\":2}", await TextAsync(_guide, "/api/cart/executions"));
        _guide.Kill();
        string line = $"o-1 guide-a {_guide.Id}";
        Assert.Equal([
            line,
            line
        ], await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "orders"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Cart_TwoProcessesOneFile_LoseNoLine()
    {
        string orders = Path.Combine(_folder.Path, "shared");
        await using GuideUnderTest a = await GuideUnderTest.StartAsync("--orders", orders, "--name", "a");
        await using GuideUnderTest b = await GuideUnderTest.StartAsync("--orders", orders, "--name", "b");
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using HttpResponseMessage response = await (i % 2 == 0 ? a : b).SendAsync(HttpMethod.Post, $"/api/cart?id=o-{i}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }));

        string[] ids =
            [.. (await File.ReadAllLinesAsync(orders, TestContext.Current.CancellationToken)).Select(static line => line.Split(' ')[0])];
        Assert.Equal(100, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(100, ids.Length);
    }

    [Fact]
    public async Task Echo_Request_IsShownAsItArrived()
    {
        using HttpResponseMessage response = await _guide.SendAsync(HttpMethod.Put, "/echo?a=%2F", request =>
        {
            request.Headers.Add("X-Two", ["1", "2"]);
            request.Content = new StringContent("hello");
        });
        using JsonDocument echo = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.Equal("PUT", echo.RootElement.GetProperty("method").GetString());
        Assert.Equal("?a=%2F", echo.RootElement.GetProperty("query").GetString());
        Assert.Equal(5, echo.RootElement.GetProperty("bodySize").GetInt64());
        Assert.Equal(
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            echo.RootElement.GetProperty("bodySha256").GetString());
        Assert.Contains("1", echo.RootElement.GetProperty("headers").GetProperty("x-two")[0].GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/bytes?n=100000", 100_000L)]
    [InlineData("/bytes?n=100000&chunked=1", null)]
    public async Task Bytes_Asked_AreThoseThatAnybodyCanCompute(string path, long? length)
    {
        using HttpResponseMessage response = await _guide.GetAsync(path);
        byte[] body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(length is null, response.Headers.TransferEncodingChunked == true);
        Assert.Equal(Enumerable.Range(0, 100_000).Select(static i => (byte)(i % 251)), body);
    }

    [Fact]
    public async Task WebSocket_Message_ComesBack()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_guide.Url.Port}/ws"), TestContext.Current.CancellationToken);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        var buffer = new byte[16];
        WebSocketReceiveResult part = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("hello"u8, buffer.AsSpan(0, part.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Fact]
    public async Task Terminate_WhileAStreamRuns_CutsItAndEndsCleanly()
    {
        await using GuideUnderTest guide = await GuideUnderTest.StartAsync();
        Task<(string Received, System.Net.Sockets.SocketError? End)> stream = guide.RawAsync("/slow-body?n=100000&ms=20");
        Assert.Equal("ok", await TextAsync(guide, "/health"));

        Assert.Equal(0, await guide.EndAsync());
        (string received, _) = await stream;
        Assert.True(received.Length < 50_000);
    }

    private static async Task<string> TextAsync(GuideUnderTest guide, string path, string? lastEventId = null)
    {
        using HttpResponseMessage response = await guide.GetAsync(path, request =>
        {
            if (lastEventId is not null)
            {
                request.Headers.Add("Last-Event-ID", lastEventId);
            }
        });
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
