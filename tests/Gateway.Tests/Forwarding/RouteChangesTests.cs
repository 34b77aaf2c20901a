using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// What a route changes of its requests (<c>host</c>, <c>rewrite</c>, <c>headers.request</c>), over every way to a
/// destination, as the destination sees it.
/// </summary>
[Trait("kind", "socket")]
public sealed class RouteChangesTests
{
    private const string Routes = """

          strip:  { match: { path: "/api/{**rest}" }, cluster: guide, rewrite: { stripPrefix: /api, prefix: /v1 } }
          only:   { match: { path: "/only/{**rest}" }, cluster: guide, rewrite: { stripPrefix: /only } }
          path:   { match: { path: "/shop/{id}/{**rest}" }, cluster: guide, rewrite: { path: "/v2/{rest}/of-{id}" } }
          glued:  { match: { path: "/glued/{a}/{b}" }, cluster: guide, rewrite: { path: "/z/{a}{b}" } }
          named:  { match: { path: /named }, cluster: guide, host: "guide.internal:81" }
          kept:   { match: { path: /kept }, cluster: guide, host: keep }
          head:
            match: { path: "/head/{name}" }
            cluster: guide
            headers:
              request:
                set: { X-Shop: tea, X-Where: "{host}{path}", X-Client: "<{client}>", X-Name: "{name}", User-Agent: gateway }
                add: { X-Many: two }
                remove: [ Cookie, Authorization, X-Secret ]
        """;

    private static readonly (string Asked, string? Seen)[] Targets =
    [
        ("/api/a%2Fb/%C3%A4?q=%2F+x", "/v1/a%2Fb/%C3%A4?q=%2F+x"),
        ("/%61pi/x", "/v1/x"),
        ("/API", "/v1"),
        ("/api/", "/v1/"),
        ("/api//x", "/v1//x"),
        ("/api/../api/./x", "/v1/x"),
        ("/api/%2e%2E/api/x", "/v1/x"),
        ("/api/..%2fx", null),
        ("/api/a/%2e%2E%2Fx", null),
        ("/api/a%5C..%5cx", null),
        ("/api/a\\..\\x", null),
        ("/api/a%2f..b", "/v1/a%2f..b"),
        ("/api/%252e%252e/x", "/v1/%252e%252e/x"),
        ("/apis/x", "/apis/x"),
        ("/only", "/"),
        ("/only?x", "/?x"),
        ("/only/a;b", "/a;b"),
        ("/shop/7/a/b%20c?d", "/v2/a/b%20c/of-7?d"),
        ("/shop/%7e7/x%2Fy", "/v2/x%2Fy/of-%7e7"),
        ("/glued/a/b", "/z/ab"),
        ("/glued/%2/e.", null),
        ("/glued/.%2/E", null),
    ];

    [Theory]
    [InlineData(DestinationKind.Http1)]
    [InlineData(DestinationKind.Http2)]
    [InlineData(DestinationKind.TlsHttp1)]
    [InlineData(DestinationKind.TlsHttp2)]
    public async Task Request_OfARouteThatChangesIt_ReachesTheDestinationChanged(DestinationKind kind)
    {
        await using var upstream = await EchoUpstream.StartAsync(kind);
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([EchoUpstream.UrlOf(upstream)]) + Routes);

        foreach (var (asked, seen) in Targets)
        {
            var response = await gateway.GetAsync(asked);
            Assert.Equal((asked, seen is null ? 400 : 200), (asked, response.Status));
            if (seen is not null)
            {
                Assert.Equal((asked, seen), (asked, response.Body.Split('\n')[0]));
            }
        }

        // Under which name it is asked; TLS goes by its own.
        Assert.Equal("guide.internal:81", (await gateway.GetAsync("/named")).Body.Split('\n')[1]);
        Assert.Equal("shop.test", (await gateway.GetAsync("/kept")).Body.Split('\n')[1]);
        Assert.Equal($"localhost:{new Uri(upstream.Url).Port}", (await gateway.GetAsync("/other")).Body.Split('\n')[1]);
        Assert.All(upstream.Requests, static asked => Assert.True(asked.Sni is null or "localhost", asked.Sni));

        // Headers; what a client escapes stays escaped.
        var lines =
            (await gateway.GetAsync(
                "/head/a%0d%0aX-Evil:%201",
                "X-Shop: mine\r\nX-Many: one\r\nCookie: a=b\r\nX-Secret: s\r\nX-Kept: k\r\n")).Body.Split('\n');
        Assert.Contains("x-shop: tea", lines);
        Assert.Contains("x-where: shop.test/head/a%0d%0aX-Evil:%201", lines);
        Assert.Contains("x-client: <127.0.0.1>", lines);
        Assert.Contains("x-name: a%0d%0aX-Evil:%201", lines);
        Assert.Contains("user-agent: gateway", lines);
        Assert.Contains("x-kept: k", lines);
        Assert.Equal([
            "one",
            "two"
        ],
        lines.Where(static line => line.StartsWith("x-many: ", StringComparison.Ordinal)).SelectMany(static line => line[8..].Split(", ")));
        Assert.DoesNotContain(lines, static line => line.StartsWith("cookie", StringComparison.Ordinal)
            || line.StartsWith("x-secret", StringComparison.Ordinal)
            || line.Contains("mine", StringComparison.Ordinal)
            || line.StartsWith("x-evil", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(DestinationKind.Http1)]
    [InlineData(DestinationKind.TlsHttp2)]
    public async Task Request_OfAUserOfHttp2_ReachesTheDestinationChanged(DestinationKind kind)
    {
        await using var upstream = await EchoUpstream.StartAsync(kind);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([EchoUpstream.UrlOf(upstream)]) + Routes);
        await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);
        foreach (var (asked, seen) in Targets)
        {
            var response = await client.AskAsync((":method", "GET"), (":scheme", "https"), (":authority", "shop.test"), (":path", asked));
            Assert.Equal((asked, seen is null ? 400 : 200), (asked, response.Status));
            if (seen is not null)
            {
                Assert.Equal((asked, seen), (asked, response.Body.Split('\n')[0]));
            }
        }

        var kept = await client.AskAsync((":method", "GET"), (":scheme", "https"), (":authority", "Shop.test:8443"), (":path", "/kept"));
        Assert.Equal("Shop.test:8443", kept.Body.Split('\n')[1]);
    }

    [Fact]
    public async Task Headers_ThatTheDestinationDoesNotSee_SetNoLastGoodResponsesApart()
    {
        await using var upstream =
            new ScriptedUpstream(static request => request.RespondAsync("kept", headers: "Cache-Control: public\r\n"));
        var route =
            "    lastGood: { refreshEvery: 0s }\n    fallback: [ lastGood ]\n    headers: { request: { set: { X-Device: any }, remove: [ "
                + "Cookie, Authorization, X-Session ] } }\n";
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: route));
        Assert.Equal(
            "kept",
            (await gateway.GetAsync("/a", "Cookie: s=1\r\nAuthorization: Bearer x\r\nX-Session: 1\r\nX-Device: phone\r\n")).Body);
        await gateway.MetricReachesAsync(1, "gateway_last_good_stored_total");
        upstream.Healthy = false;
        upstream.Script = static request => { request.Reset(); return Task.CompletedTask; };

        var other = await gateway.GetAsync("/a", "Cookie: s=2\r\nAuthorization: Bearer y\r\nX-Session: 2\r\nX-Device: desk\r\n");
        Assert.Equal((200, "kept"), (other.Status, other.Body));
        Assert.Equal(["last-good"], other.Header("X-Fallback"));
        Assert.Equal(503, (await gateway.GetAsync("/a", "X-Own: 2\r\n")).Status);
    }

    [Theory]
    [InlineData("X-Client", false)]
    [InlineData("Accept", true)]
    public async Task Response_ThatVariesByTheClientsAddress_IsNotKeptForOthers(string vary, bool isKept)
    {
        await using var upstream = new ScriptedUpstream(request => request.RespondAsync("kept", headers: $"Vary: {vary}\r\n"));
        var route = "    lastGood: {}\n    fallback: [ lastGood ]\n    headers: { request: { set: { X-Client: \"{client}\" } } }\n";
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: route));
        Assert.Equal(200, (await gateway.GetAsync("/a")).Status);
        upstream.Healthy = false;
        upstream.Script = static request => { request.Reset(); return Task.CompletedTask; };
        Assert.Equal(isKept ? 200 : 503, (await gateway.GetAsync("/a")).Status);
    }

    [Fact]
    public async Task ResponseHeaders_OfARoute_AreChangedWhateverGivesTheResponse()
    {
        await using var upstream = new ScriptedUpstream(static request => request.Target == "/early"
            ? request.RespondAsync("no", status: 404, headers: "Server: secret\r\n")
            : request.RespondAsync(
                "live",
                headers: "Server: secret\r\nX-Frame-Options: ALLOWALL\r\nLink: </a>\r\nCache-Control: public\r\n"));
        var route = """
                lastGood: {}
                fallback: [ lastGood, { file: f.json } ]
                headers: { response: { set: { X-Frame-Options: DENY, X-Path: "{host}{path}" }, add: { Link: </b> }, remove: [ Server ] } }

            """;
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([upstream.Url], route: route),
            new Dictionary<string, string> { ["static/f.json"] = "{}" });
        Check(await gateway.GetAsync("/a?b"), 200, null, 2);
        Check(await gateway.GetAsync("/early"), 404, null, 1);

        upstream.Healthy = false;
        upstream.Script = static request => { request.Reset(); return Task.CompletedTask; };
        Check(await gateway.GetAsync("/a?b"), 200, "last-good", 2);
        Check(await gateway.GetAsync("/new"), 200, "file", 1);
        Check(await gateway.AskAsync("POST /new HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n"), 502, "built-in", 1);

        static void Check(RawResponse response, int status, string? fallback, int links)
        {
            Assert.Equal(status, response.Status);
            Assert.Equal(fallback is null ? [] : [fallback], response.Header("X-Fallback"));
            Assert.Equal(["DENY"], response.Header("X-Frame-Options"));
            Assert.StartsWith("shop.test/", Assert.Single(response.Header("X-Path")), StringComparison.Ordinal);
            Assert.Equal(links, response.Header("Link").Length);
            Assert.Empty(response.Header("Server"));
        }
    }
}
