using System.Text;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Fallback;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.Fallback;

[Trait("kind", "socket")]
public sealed class FallbackChainTests : IAsyncLifetime
{
    private const string FromFile = "Proxy-Status: gateway; error=destination_unavailable | X-Fallback: file";
    private const string FromFile503 = "Proxy-Status: gateway; error=destination_unavailable | Retry-After: 10 | X-Fallback: file";
    private const string BuiltIn = "Proxy-Status: gateway; error=destination_unavailable | Retry-After: 10 | X-Fallback: built-in";
    private const string StoredHeaders =
        "Access-Control-Allow-Origin: https://shop.example | Age: 7 | Content-Length: 6 | X-Fallback: last-good";

    // The server of these tests names requests by connection and number, in as many characters as this.
    private static readonly string ProblemLength = BuiltInResponse.Body(BuiltInFormat.Problem, "0HNABCDEFGHIJ:00000001").Length.ToString();

    private static readonly RouteConfig[] Routes =
    [
        Route("/data", new FileStep { File = "data.json" }),
        Route("/page", new FileStep { File = "page.html" }),
        Route("/page200", new FileStep { File = "page.html", Status = 200 }),
        Route("/page503", new FileStep { File = "page.html", Status = 503, RetryAfter = TimeSpan.FromSeconds(30) }),
        Route("/data404", new FileStep { File = "data.json", Status = 404 }),
        Route("/data204", new FileStep { File = "data.json", Status = 204 }),
        Route("/chat", new FileStep { File = "chat.sse" }),
        Route("/none"),
        Route("/only-built-in", new BuiltInStep(), new FileStep { File = "data.json" }),
        Route("/missing", new FileStep { File = "missing.json" }, new FileStep { File = "data.json" }),
        Route("/outside", new FileStep { File = "../secret.json" }),
        Route("/trending/{category}", new FileStep { File = "trending/{category}.json" }, new FileStep { File = "trending/any.json" }),
        Route("/only/{category}", new FileStep { File = "trending/{category}.json" }),
        Route("/deep/{**rest}", new FileStep { File = "{rest}.json" }),
        Route("/stored", new LastGoodStep(), new FileStep { File = "data.json" }),
        Route("/not-stored", new LastGoodStep(), new FileStep { File = "data.json" }),
        Route("/throws", new LastGoodStep(), new FileStep { File = "data.json" }),
        Route("/half-out", new LastGoodStep(), new FileStep { File = "data.json" }),
    ];

    private FallbackServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await FallbackServer.StartAsync(Routes, StoredAsync, LeaveTracesAsync);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static TheoryData<string, string, int, string, string> Golden => new()
    {
        { "GET", "/data", 200, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile, "{\"a\":1}" },
        { "HEAD", "/data", 200, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile, "" },
        { "GET", "/page", 503, "Cache-Control: no-store | Content-Length: 11 | Content-Type: text/html; charset=utf-8 | " + FromFile503,
        "<p>away</p>" },
        { "HEAD", "/page", 503, "Cache-Control: no-store | Content-Length: 11 | Content-Type: text/html; charset=utf-8 | " + FromFile503,
        "" },
        { "GET", "/page200", 200, "Cache-Control: no-store | Content-Length: 11 | Content-Type: text/html; charset=utf-8 | " + FromFile,
        "<p>away</p>" },
        { "GET", "/page503", 503,
        "Cache-Control: no-store | Content-Length: 11 | Content-Type: text/html; charset=utf-8 | "
            + FromFile503.Replace("10", "30", StringComparison.Ordinal), "<p>away</p>" },
        { "GET", "/data404", 404, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile,
        "{\"a\":1}" },
        { "GET", "/data204", 204, "Cache-Control: no-store | " + FromFile, "" },
        { "GET", "/chat", 200, "Cache-Control: no-store | Content-Length: 10 | Content-Type: text/event-stream | " + FromFile,
        "data: {}\n\n" },
        { "GET", "/missing", 200, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile,
        "{\"a\":1}" },
        { "GET", "/trending/shoes", 200, "Cache-Control: no-store | Content-Length: 9 | Content-Type: application/json | " + FromFile,
        "[\"shoes\"]" },
        { "GET", "/trending/hats", 200, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile,
        "[\"any\"]" },
        { "GET", "/stored", 200, StoredHeaders, "stored" },
        { "HEAD", "/stored", 200, StoredHeaders, "" },
        { "GET", "/not-stored", 200, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile,
        "{\"a\":1}" },
        { "GET", "/throws", 200, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile,
        "{\"a\":1}" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public async Task Response_MethodAndStep_IsExactlyTheContracts(string method, string path, int status, string headers, string body) =>
        Assert.Equal(new WireResponse(status, headers, body), await _server.SendAsync(method, path));

    [Theory]
    [InlineData("GET", "/none")]
    [InlineData("GET", "/only-built-in")]
    [InlineData("GET", "/outside")]
    [InlineData("POST", "/data")]
    [InlineData("PUT", "/data")]
    [InlineData("PATCH", "/page200")]
    [InlineData("DELETE", "/stored")]
    [InlineData("POST", "/stored")]
    [InlineData("POST", "/chat")]
    [InlineData("OPTIONS", "/data")]
    [InlineData("TRACE", "/data")]
    [InlineData("QUERY", "/data")]
    [InlineData("get", "/none")]
    public async Task Response_WriteOrNoStep_IsBuiltIn(string method, string path)
    {
        WireResponse response = await _server.SendAsync(method, path, "Content-Length: 0\r\n");

        Assert.Equal(503, response.Status);
        Assert.Equal(
            $"Cache-Control: no-store | Content-Length: {ProblemLength} | Content-Type: application/problem+json | {BuiltIn}",
            response.Headers);
        Assert.Equal(503, JsonDocument.Parse(response.Body).RootElement.GetProperty("status").GetInt32());
        Assert.Equal(FallbackStep.BuiltIn, _server.LastStep);
    }

    [Fact]
    public async Task Response_HeadBuiltIn_HasTheLengthAndNoBody()
    {
        WireResponse response = await _server.SendAsync("HEAD", "/none");

        Assert.Equal("", response.Body);
        Assert.Contains($"Content-Length: {ProblemLength} |", response.Headers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html", "text/html; charset=utf-8", "<!doctype html>")]
    [InlineData("text/plain", "text/plain; charset=utf-8", "This service cannot answer")]
    [InlineData("text/event-stream", "text/event-stream", "retry: 10000\nevent: error\ndata: {")]
    [InlineData("application/json", "application/problem+json", "{\"type\":")]
    public async Task Response_BuiltIn_HasTheShapeThatTheClientAccepts(string accept, string contentType, string start)
    {
        WireResponse response = await _server.SendAsync("GET", "/none", $"Accept: {accept}\r\n");

        Assert.Equal(503, response.Status);
        Assert.Contains($"Content-Type: {contentType} | {BuiltIn}", response.Headers, StringComparison.Ordinal);
        Assert.StartsWith(start, response.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void BuiltIn_EventStream_EndsItsEvent() =>
        Assert.EndsWith(
            "}\n\n",
            Encoding.UTF8.GetString(BuiltInResponse.Body(BuiltInFormat.EventStream, "7").Span),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("Range: bytes=0-1\r\n")]
    [InlineData("If-None-Match: *\r\n")]
    [InlineData("If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT\r\n")]
    [InlineData("Origin: https://elsewhere.example\r\n")]
    [InlineData("Accept: text/html\r\n")]
    public async Task Response_FileAndCondition_IsWholeAndInventsNothing(string header)
    {
        WireResponse response = await _server.SendAsync("GET", "/data", header);

        Assert.Equal(
            new WireResponse(
                200, "Cache-Control: no-store | Content-Length: 7 | Content-Type: application/json | " + FromFile, "{\"a\":1}"),
            response);
    }

    [Fact]
    public async Task Response_WebSocketHandshake_IsBuiltIn()
    {
        WireResponse response = await _server.SendAsync("GET", "/data", "Upgrade: websocket\r\nConnection: Upgrade\r\n");

        Assert.Equal(503, response.Status);
        Assert.Equal(FallbackStep.BuiltIn, _server.LastStep);
    }

    [Fact]
    public async Task Response_StoredResponseBreaksHalfWay_IsCutVisibly()
    {
        WireResponse response = await _server.SendAsync("GET", "/half-out");

        // A reset may overtake what was sent: the half is there with its length of 100, or nothing is.
        Assert.Contains((response.Status, response.Body), new[] { (200, "half"), (0, "") });
        await Eventually.BeTrueAsync(
            () => _server.LastStep is FallbackStep.None,
            TimeSpan.FromSeconds(30),
            "the fallback chain says that no tier served");
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("..%2fsecret")]
    [InlineData("..%2Fsecret")]
    [InlineData("%2e%2e/secret")]
    [InlineData("%2e%2e%2fsecret")]
    [InlineData("%2E%2E%2Fsecret")]
    [InlineData("%252e%252e%252fsecret")]
    [InlineData("%25252e%25252e%25252fsecret")]
    [InlineData("..%5csecret")]
    [InlineData("..\\secret")]
    [InlineData("%2e%2e%5csecret")]
    [InlineData("..%255csecret")]
    [InlineData("..%252fsecret")]
    [InlineData("..%c0%afsecret")]
    [InlineData("..%c1%9csecret")]
    [InlineData("%c0%ae%c0%ae%c0%afsecret")]
    [InlineData("..%e0%80%afsecret")]
    [InlineData("..%ef%bc%8fsecret")]
    [InlineData("..%u2216secret")]
    [InlineData("....//....//secret")]
    [InlineData("..;/secret")]
    [InlineData("..%3b/secret")]
    [InlineData("%2fetc%2fpasswd")]
    [InlineData("%2e%2e%2f%2e%2e%2fsecret")]
    [InlineData("..%2f..%2f..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("secret.json%00")]
    [InlineData("shoes.json%00")]
    [InlineData("shoes%00")]
    [InlineData("shoes%0d%0aX-Evil:%201")]
    [InlineData("Shoes")]
    [InlineData("SHOES")]
    [InlineData("shoes.")]
    [InlineData("shoes%20")]
    [InlineData("shoes.json")]
    [InlineData("./shoes%2f.")]
    [InlineData("file:%2f%2f%2fetc%2fpasswd")]
    [InlineData("~%2fsecret")]
    [InlineData("$HOME")]
    [InlineData("%2e")]
    [InlineData("%2e%2e")]
    [InlineData("..%2fstatic%2fdata")]
    [InlineData("..%2fdata")]
    [InlineData("shoes%e2%80%8b")]
    public async Task Response_ValueThatWouldEscape_NeverReachesAnotherFile(string value)
    {
        foreach (string route in new[] { "/only/", "/deep/" })
        {
            WireResponse response = await _server.SendAsync("GET", route + value);

            // 400: the server refused it; 404: no route after dots were removed; 503: the fallback chain's end.
            Assert.Contains(response.Status, new[] { 400, 404, 503 });
            Assert.DoesNotContain("secret\":", response.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("X-Evil", response.Headers, StringComparison.Ordinal);
            Assert.DoesNotContain(_server.Folder.Path, response.Headers + response.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Response_LongValue_IsBuiltIn() =>
        Assert.Equal(503, (await _server.SendAsync("GET", "/only/" + new string('a', 4000))).Status);

    [Fact]
    public async Task Response_FileChangedAndDeleted_IsTheNewestGoodOne()
    {
        string path = _server.Folder.Write("static/data.json", "{\"a\":22}");
        await _server.Files.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal("{\"a\":22}", (await _server.SendAsync("GET", "/data")).Body);

        File.Delete(path);
        await _server.Files.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal("{\"a\":22}", (await _server.SendAsync("GET", "/data")).Body);
    }

    private static RouteConfig Route(string path, params FallbackStepConfig[] fallback) =>
        new() { Name = path, Path = path, Cluster = "ai-guide", Fallback = [.. fallback] };

    private static async ValueTask<bool> StoredAsync(HttpContext context, RouteConfig route)
    {
        switch (route.Path)
        {
            case "/stored":
                context.Response.Headers["X-Fallback"] = FallbackStep.LastGood.Label();
                context.Response.Headers.Age = "7";
                context.Response.Headers.AccessControlAllowOrigin = "https://shop.example";
                context.Response.ContentLength = 6;
                if (!HttpMethods.IsHead(context.Request.Method))
                {
                    await context.Response.Body.WriteAsync("stored"u8.ToArray());
                }

                return true;
            case "/throws":
                context.Response.Headers["X-Half-Written"] = "1";
                throw new InvalidOperationException("The store is broken.");
            case "/half-out":
                context.Response.ContentLength = 100;
                await context.Response.Body.WriteAsync("half"u8.ToArray());
                await context.Response.Body.FlushAsync();
                throw new IOException("The store broke half-way.");
            default:
                return false;
        }
    }

    /// <summary>What a failed attempt can leave behind must not show.</summary>
    private static Task LeaveTracesAsync(HttpContext context)
    {
        context.Response.StatusCode = 502;
        context.Response.Headers.ETag = "\"of-another-response\"";
        context.Response.Headers.ContentEncoding = "br";
        context.Response.ContentLength = 4711;
        return Task.CompletedTask;
    }
}
