using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// Scripts of other origins: preflights in health and outage, and the headers of every response of a route with <c>cors</c>.
/// </summary>
[Trait("kind", "socket")]
public sealed class CorsTests
{
    private const string Route = """
            lastGood: {}
            fallback: [ lastGood, { file: f.json } ]
            cors: { origins: [ "https://shop.example", "https://*.tea.example" ], methods: [GET, PUT], headers: [ X-Tenant, Content-Type ], credentials: true, maxAge: 5m }

        """;

    private static readonly Dictionary<string, string> Files = new() { ["static/f.json"] = "{}" };

    [Theory]
    [InlineData(true, "https://shop.example", "GET", "", true)]
    [InlineData(true, "https://shop.example", "PUT", "x-tenant,content-type", true)]
    [InlineData(true, "https://a.b.tea.example", "GET", "X-Tenant", true)]
    [InlineData(false, "https://shop.example", "GET", "x-tenant", true)]
    [InlineData(false, "https://shop.example", "DELETE", "", false)]
    [InlineData(true, "https://shop.example", "get", "", false)]
    [InlineData(true, "https://shop.example", "GET", "x-other", false)]
    [InlineData(true, "https://shop.example.evil.test", "GET", "", false)]
    [InlineData(true, "https://tea.example", "GET", "", false)]
    [InlineData(true, "http://a.tea.example", "GET", "", false)]
    [InlineData(true, "https://evil.test?.tea.example", "GET", "", false)]
    [InlineData(true, "null", "GET", "", false)]
    public async Task Preflight_OfTheRoute_IsAnsweredByTheGateway(bool lives, string origin, string method, string headers, bool allowed)
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([lives
            ? upstream.Url
            : "http://127.0.0.1:1"], route: Route), Files);
        var asked = headers.Length == 0 ? "" : $"Access-Control-Request-Headers: {headers}\r\n";
        var response = await gateway.AskAsync(
            $"OPTIONS /a HTTP/1.1\r\nHost: api.example\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n{asked}\r\n",
            "OPTIONS");

        Assert.Equal(204, response.Status);
        Assert.Empty(upstream.Requests);
        Assert.Equal(allowed ? [origin] : [], response.Header("Access-Control-Allow-Origin"));
        Assert.Equal(allowed ? ["true"] : [], response.Header("Access-Control-Allow-Credentials"));
        Assert.Equal(allowed ? ["GET, PUT"] : [], response.Header("Access-Control-Allow-Methods"));
        Assert.Equal(allowed && headers.Length > 0 ? ["X-Tenant, Content-Type"] : [], response.Header("Access-Control-Allow-Headers"));
        Assert.Equal(allowed ? ["300"] : [], response.Header("Access-Control-Max-Age"));
        Assert.Contains("Origin", Assert.Single(response.Header("Vary")), StringComparison.Ordinal);
        Assert.Empty(response.Header("X-Fallback"));
    }

    [Fact]
    public async Task Preflight_OfARouteWithMethods_IsItsOwn()
    {
        await using var upstream = new ScriptedUpstream();
        var config = InProcessGateway.Config([upstream.Url], route: "").Replace(
            "match: { path: \"/{**rest}\" }",
            "match: { path: \"/{**rest}\", methods: [GET, POST] }\n    cors: { origins: [ \"*\" ], headers: [ \"*\" ] }",
            StringComparison.Ordinal);
        await using var gateway = await InProcessGateway.StartAsync(config);
        var response = await gateway.AskAsync(
            "OPTIONS /a HTTP/1.1\r\nHost: api.example\r\nOrigin: https://any.test\r\nAccess-Control-Request-Method: "
                + "POST\r\nAccess-Control-Request-Headers: x-a, x-b\r\n\r\n",
            "OPTIONS");
        Assert.Equal(
            (204, "*", "GET, POST, HEAD", "x-a, x-b"),
            (
                response.Status,
                response.Header("Access-Control-Allow-Origin")[0],
                response.Header("Access-Control-Allow-Methods")[0],
                response.Header("Access-Control-Allow-Headers")[0]));

        // Every other question of this kind is none of a browser's.
        Assert.Equal(405, (await gateway.AskAsync("OPTIONS /a HTTP/1.1\r\nHost: api.example\r\n\r\n", "OPTIONS")).Status);
        Assert.Equal(
            404,
            (await gateway.AskAsync(
                "OPTIONS /a HTTP/1.1\r\nHost: api.example\r\nOrigin: https://any.test\r\nAccess-Control-Request-Method: DELETE\r\n\r\n",
                "OPTIONS")).Status);
        Assert.Empty(upstream.Requests);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("route", "all"), ("outcome", "refused"), ("code", "2xx"));
    }

    [Fact]
    public async Task Response_OfWhateverGivesIt_MayBeReadByTheOrigin()
    {
        await using var upstream = new ScriptedUpstream(static request => request.Target == "/own"
            ? request.RespondAsync("own", headers: "Access-Control-Allow-Origin: https://own.example\r\n")
            : request.RespondAsync("live", headers: "Vary: Accept\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route), Files);

        // What the destination says of origins is its own word.
        var own = await gateway.GetAsync("/own", "Origin: https://shop.example\r\n");
        Assert.Equal(["https://own.example"], own.Header("Access-Control-Allow-Origin"));
        Assert.Empty(own.Header("Access-Control-Allow-Credentials"));

        Check(await gateway.GetAsync("/a", "Origin: https://shop.example\r\n"), "live", null, "https://shop.example");
        Check(await gateway.GetAsync("/a", "Origin: https://evil.test\r\n"), "live", null, null);
        Check(await gateway.GetAsync("/a"), "live", null, null);

        upstream.Healthy = false;
        upstream.Script = static request => { request.Reset(); return Task.CompletedTask; };
        Check(await gateway.GetAsync("/a", "Origin: https://x.tea.example\r\n"), "live", "last-good", "https://x.tea.example");
        Check(await gateway.GetAsync("/new", "Origin: https://shop.example\r\n"), "{}", "file", "https://shop.example");
        Check(await gateway.GetAsync("/new", "Origin: https://evil.test\r\n"), "{}", "file", null);
        Check(
            await gateway.AskAsync("POST / HTTP/1.1\r\nHost: api.example\r\nOrigin: https://shop.example\r\nContent-Length: 0\r\n\r\n"),
            null,
            "built-in",
            "https://shop.example");

        static void Check(RawResponse response, string? body, string? fallback, string? origin)
        {
            if (body is not null)
            {
                Assert.Equal(body, response.Body);
            }

            Assert.Equal(fallback is null ? [] : [fallback], response.Header("X-Fallback"));
            Assert.Equal(origin is null ? [] : [origin], response.Header("Access-Control-Allow-Origin"));
            Assert.Equal(origin is null ? [] : ["true"], response.Header("Access-Control-Allow-Credentials"));
            Assert.Single(response.Header("Vary").SelectMany(static line => line.Split(", ")), static name => name == "Origin");
        }
    }
}
