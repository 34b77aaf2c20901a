using System.Diagnostics;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding.Mirroring;

/// <summary>Reads that the standby gets as well, on real sockets.</summary>
[Trait("kind", "socket")]
public sealed class MirroredReadsTests
{
    private const string Json = "Content-Type: application/json\r\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("lacks the route", "responds with 404 to each of the last 5 reads that primary serves, such as /a, on route all")]
    [InlineData("old build", "lacks items[].price, which primary has")]
    [InlineData("old build, gzip", "lacks items[].price, which primary has")]
    [InlineData("page", "sends text/html where primary sends application/json")]
    [InlineData("closes", "gives no response (connection reset")]
    [InlineData("cuts", "gives no response (response cut off")]
    [InlineData("hangs", "gives no response (timed out")]
    public async Task Standby_ThatResponds_Otherwise_IsTold_AndNoUserIsHurt(string standby, string text)
    {
        await using var primary = new ScriptedUpstream(static r => RespondAsync(r, """{"items":[{"name":"tea","price":3}]}"""));
        await using var other = new ScriptedUpstream(r => RespondOtherwiseAsync(r, standby));
        await using var gateway = await StartAsync(primary, other, "mirror: 100%", "    timeouts: { firstByte: 400ms }");

        var found = await AskUntilAsync(gateway, status => status.Contains(text, StringComparison.Ordinal));

        Assert.True(found, (await gateway.StatusAsync()).GetRawText());
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
        Assert.Equal(0, await gateway.MetricAsync("gateway_transitions_total"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_mirror_difference", ("tier", "standby")));
        Assert.Equal(2, await gateway.MetricAsync("gateway_destination_up"));
        Assert.Contains(text, await gateway.JournalTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standby_ThatIsAlike_IsToldToBe()
    {
        await using var primary = new ScriptedUpstream(static r => RespondAsync(r, """{"a":1}"""));
        await using var other = new ScriptedUpstream(static r => RespondAsync(r, """{"a":2}"""));
        await using var gateway = await StartAsync(primary, other, "mirror: 100%");

        Assert.True(await AskUntilAsync(gateway, static status =>
            status.Contains("standby responds as the first tier does to 9 of 9 mirrored reads, on route all", StringComparison.Ordinal)));
        Assert.DoesNotContain("gateway_mirror_difference{", await gateway.MetricsTextAsync(), StringComparison.Ordinal);
        Assert.All(other.Requests, static request => Assert.Equal("/a?b=c", request.Target));
        Assert.Equal(primary.Last.Header("Cookie"), other.Last.Header("Cookie"));
    }

    [Theory]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "mirror: 100%", "")]
    [InlineData("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", "mirror: 100%", "")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n", "mirror: 100%", "")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\"\r\n\r\n", "mirror: 100%", "")]
    [InlineData("GET /missing HTTP/1.1\r\nHost: a\r\n\r\n", "mirror: 100%", "")]
    [InlineData("GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "mirror: 100%", "")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "", "")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "mirror: off", "")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "mirror: 100%", "    mirror: off")]
    public async Task OtherRequests_AreNotMirrored(string request, string mirror, string route)
    {
        await using var primary = new ScriptedUpstream(static r => r.Target switch
        {
            "/missing" => r.RespondAsync("no", 404),
            "/events" => r.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: a\n\n"),
            _ => r.RespondAsync(r.Method == "HEAD" ? "" : "ok"),
        });
        await using var other = new ScriptedUpstream();
        await using var gateway = await StartAsync(primary, other, mirror, route: route);

        for (var i = 0; i < 5; i++)
        {
            Assert.NotEqual(0, (await RawClient.AskAsync(gateway.Url, request, request.Split(' ')[0])).Status);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancel);
        Assert.Empty(other.Requests);
    }

    /// <summary>The same read by a user of HTTP/2, over TLS.</summary>
    [Fact]
    public async Task ReadOverHttp2_IsMirrored()
    {
        await using var primary = new ScriptedUpstream(static r => RespondAsync(r, """{"a":1}"""));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("no", 404));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config(
            [primary.Url], [other.Url], attempts: "hedge: off", cluster: "    mirror: 100%"));
        using var client = new HttpClient(new SocketsHttpHandler());

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/a"))
                {
                    Version = System.Net.HttpVersion.Version20,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                };
                request.Headers.Add("X-Mine", "1");
                using var response = await client.SendAsync(request, Cancel);
                Assert.Equal("""{"a":1}""", await response.Content.ReadAsStringAsync(Cancel));
                return await gateway.MetricAsync("gateway_mirror_difference", ("kind", "status")) > 0;
            },
            Patience,
            "the difference is told");
        Assert.All(other.Requests, static request => Assert.Equal(["1"], request.Header("X-Mine")));
    }

    /// <summary>Whatever the standby does with its copy, the user has the response first.</summary>
    [Fact]
    public async Task User_NeverWaitsForTheStandby()
    {
        await using var primary = new ScriptedUpstream(static r => RespondAsync(r, """{"a":1}"""));
        await using var other = new ScriptedUpstream(static r => Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System));
        await using var gateway = await StartAsync(primary, other, "mirror: 100%");
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, (await client.ReadAsync()).Status);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10));
        // One is under way, and there is no second one beside it.
        Assert.Single(other.Requests);
    }

    /// <summary>A standby that sends what nobody could read leaves the next mirrored read as good as any.</summary>
    [Theory]
    [InlineData("bomb")]
    [InlineData("deep")]
    [InlineData("large")]
    [InlineData("no JSON")]
    [InlineData("unknown coding")]
    [InlineData("drips")]
    public async Task Standby_ThatIsHostile_CostsNothing(string how)
    {
        var isHostile = true;
        await using var primary = new ScriptedUpstream(static r => RespondAsync(r, """{"a":1}"""));
        await using var other = new ScriptedUpstream(r => isHostile ? RespondHostilelyAsync(r, how) : RespondAsync(r, """{"a":1}"""));
        await using var gateway = await StartAsync(primary, other, "mirror: 100%");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync("/a")).Status);
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System, Cancel);
        }

        Assert.NotEmpty(other.Requests);
        isHostile = false;
        var before = other.Requests.Count;

        Assert.True(await AskUntilAsync(gateway, _ => other.Requests.Count >= before + 3));
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
    }

    private static Task<InProcessGateway> StartAsync(
        ScriptedUpstream primary, ScriptedUpstream standby, string mirror, string timeouts = "", string route = "") =>
        InProcessGateway.StartAsync(InProcessGateway.Config(
            [primary.Url],
            [standby.Url],
            attempts: "hedge: off",
            cluster: $"{(mirror.Length == 0 ? "" : $"    {mirror}\n")}{timeouts}",
            route: route));

    private static async Task<bool> AskUntilAsync(InProcessGateway gateway, Func<string, bool> isTold)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < Patience)
        {
            var received = await gateway.GetAsync("/a?b=c", "Cookie: session=1\r\nAccept-Encoding: gzip\r\n");
            Assert.Equal(200, received.Status);
            if (isTold((await gateway.StatusAsync()).GetRawText()))
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, Cancel);
        }

        return false;
    }

    private static Task RespondAsync(UpstreamRequest request, string body) => request.RespondAsync(body, headers: Json);

    private static async Task RespondOtherwiseAsync(UpstreamRequest request, string how)
    {
        switch (how)
        {
            case "lacks the route":
                await request.RespondAsync("no such page", 404);
                break;
            case "old build":
                await RespondAsync(request, """{"items":[{"name":"tea"}]}""");
                break;
            case "old build, gzip":
                var coded = Compressed("""{"items":[{"name":"tea"}]}""");
                await request.SendAsync($"HTTP/1.1 200 OK\r\n{Json}Content-Encoding: gzip\r\nContent-Length: {coded.Length}\r\n\r\n");
                await request.SendAsync(coded);
                break;
            case "page":
                await request.RespondAsync("<p>The guide</p>", headers: "Content-Type: text/html; charset=utf-8\r\n");
                break;
            case "closes":
                request.Reset();
                break;
            case "cuts":
                await request.SendAsync($"HTTP/1.1 200 OK\r\n{Json}Content-Length: 40\r\n\r\n{{");
                request.Close();
                break;
            default:
                await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
                break;
        }
    }

    private static async Task RespondHostilelyAsync(UpstreamRequest request, string how)
    {
        switch (how)
        {
            case "bomb":
                var bomb = Compressed(new string(' ', 50_000_000));
                await request.SendAsync($"HTTP/1.1 200 OK\r\n{Json}Content-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n");
                await request.SendAsync(bomb);
                break;
            case "deep":
                await RespondAsync(request, new string('[', 100_000));
                break;
            case "large":
                await RespondAsync(request, "\"" + new string('x', 20_000_000) + "\"");
                break;
            case "no JSON":
                await RespondAsync(request, "{\"a\":\0\u0001}}");
                break;
            case "unknown coding":
                await request.RespondAsync("x", headers: Json + "Content-Encoding: gzip, x\r\n");
                break;
            default:
                await request.SendAsync($"HTTP/1.1 200 OK\r\n{Json}Transfer-Encoding: chunked\r\n\r\n");
                for (var i = 0; i < 200; i++)
                {
                    await request.SendAsync("1\r\n \r\n");
                    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
                }

                break;
        }
    }

    private static byte[] Compressed(string text)
    {
        var coded = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(coded, System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        return coded.ToArray();
    }
}
