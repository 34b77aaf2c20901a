using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>CORS preflights in an outage, as browsers on a socket meet them.</summary>
[Trait("kind", "socket")]
public sealed class PreflightTests
{
    private const string Route = """
            lastGood: { refreshEvery: 0s }
            fallback: [ lastGood, builtIn ]
        """;

    private const string Said =
        "Access-Control-Allow-Origin: https://shop.test\r\nAccess-Control-Allow-Methods: GET, PUT\r\nAccess-Control-Allow-Headers: "
            + "X-Basket\r\nAccess-Control-Max-Age: 86400\r\nVary: Origin\r\nX-Other: 1\r\n";

    [Theory]
    [InlineData(204, "503")]
    [InlineData(200, "503")]
    [InlineData(204, "reset")]
    [InlineData(204, "refused")]
    [InlineData(204, "silent")]
    public async Task Outage_AskedBefore_IsAnsweredAsTheServiceLastDid(int status, string outage)
    {
        await using var upstream = new ScriptedUpstream(request => RespondAsync(request, status));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [upstream.Url],
                route: Route,
                cluster: "    timeouts: { firstByte: 500ms, total: 2s }"));
        Assert.Equal(status, (await AskAsync(gateway, "/basket")).Status);

        await BreakAsync(gateway, upstream, outage);
        var found = await AskAsync(gateway, "/basket");

        Assert.Equal((204, "last-good"), (found.Status, string.Join(',', found.Header("X-Fallback"))));
        Assert.Equal(["https://shop.test"], found.Header("Access-Control-Allow-Origin"));
        Assert.Equal(["GET, PUT"], found.Header("Access-Control-Allow-Methods"));
        Assert.Equal(["X-Basket"], found.Header("Access-Control-Allow-Headers"));
        Assert.Equal(["Origin"], found.Header("Vary"));
        Assert.Empty(found.Header("Access-Control-Max-Age"));
        Assert.Empty(found.Header("X-Other"));
        Assert.Empty(found.Header("Content-Length"));
    }

    [Theory]
    [InlineData("/other", "https://shop.test", "PUT", "x-basket", "")]
    [InlineData("/basket", "https://evil.test", "PUT", "x-basket", "")]
    [InlineData("/basket", "https://shop.test", "DELETE", "x-basket", "")]
    [InlineData("/basket", "https://shop.test", "PUT", "x-admin", "")]
    [InlineData("/basket", "https://shop.test", "PUT", "x-basket", "X-Original-URL: /admin\r\n")]
    [InlineData("/basket", "https://shop.test", "PUT", "x-basket", "Authorization: x\r\n")]
    [InlineData("/basket", "https://shop.test", "PUT", "x-basket", "Cookie: a=b\r\n")]
    public async Task Outage_AskedForSomethingElse_Is503(string target, string origin, string method, string headers, string more)
    {
        await using var upstream = new ScriptedUpstream(static request => RespondAsync(request, 204));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        Assert.Equal(204, (await AskAsync(gateway, "/basket")).Status);

        upstream.Script = static request => request.RespondAsync("down", 503);

        Assert.Equal(503, (await AskAsync(gateway, target, origin, method, headers, more)).Status);
        Assert.Equal(204, (await AskAsync(gateway, "/basket")).Status);
    }

    [Theory]
    [InlineData(204, "Cache-Control: no-store\r\n", "", 503)]
    [InlineData(204, "Set-Cookie: a=b\r\n", "", 503)]
    [InlineData(204, "", "Authorization: x\r\n", 503)]
    [InlineData(204, "", "Cookie: a=b\r\n", 503)]
    [InlineData(403, "", "", 503)]
    [InlineData(302, "Location: /\r\n", "", 503)]
    [InlineData(204, "", "", 204)]
    public async Task Outage_ResponseThatMayNotBeKept_Is503(int status, string said, string more, int then)
    {
        await using var upstream = new ScriptedUpstream(request => RespondAsync(request, status, said));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        Assert.Equal(status, (await AskAsync(gateway, "/basket", more: more)).Status);

        upstream.Script = static request => request.RespondAsync("down", 503);

        Assert.Equal(then, (await AskAsync(gateway, "/basket")).Status);
    }

    [Fact]
    public async Task Outage_AfterTheWriteItWasFor_IsStillThere()
    {
        await using var upstream = new ScriptedUpstream(static request => RespondAsync(request, 204));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        await AskAsync(gateway, "/basket");
        Assert.Equal(204, (await gateway.AskAsync("PUT /basket HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\n\r\nhi", "PUT")).Status);

        upstream.Script = static request => request.RespondAsync("down", 503);

        Assert.Equal(204, (await AskAsync(gateway, "/basket")).Status);
    }

    [Fact]
    public async Task Outage_ServiceTookItBack_Is503()
    {
        await using var upstream = new ScriptedUpstream(static request => RespondAsync(request, 204));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        await AskAsync(gateway, "/basket");
        upstream.Script = static request => request.RespondAsync("no", 403);
        Assert.Equal(403, (await AskAsync(gateway, "/basket")).Status);

        upstream.Script = static request => request.RespondAsync("down", 503);

        Assert.Equal(503, (await AskAsync(gateway, "/basket")).Status);
    }

    [Theory]
    [InlineData("OPTIONS /basket HTTP/1.1\r\nHost: api.test\r\n\r\n")]
    [InlineData("OPTIONS /basket HTTP/1.1\r\nHost: api.test\r\nOrigin: https://shop.test\r\n\r\n")]
    public async Task Outage_NoPreflight_Is503(string request)
    {
        await using var upstream = new ScriptedUpstream(static r => RespondAsync(r, 204));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        Assert.Equal(204, (await gateway.AskAsync(request)).Status);

        upstream.Script = static r => r.RespondAsync("down", 503);

        Assert.Equal(503, (await gateway.AskAsync(request)).Status);
    }

    private static async Task BreakAsync(InProcessGateway gateway, ScriptedUpstream upstream, string outage)
    {
        switch (outage)
        {
            case "reset":
                upstream.Script = static request =>
                {
                    request.Reset();
                    return Task.CompletedTask;
                };
                break;
            case "silent":
                upstream.Script = static request => request.ClosedByPeerAsync();
                break;
            case "refused":
                upstream.StopListening();
                upstream.CloseConnections();
                await gateway.BecomesAsync("down", "primary");
                break;
            default:
                upstream.Script = static request => request.RespondAsync("down", 503);
                break;
        }
    }

    // A 204 has no length.
    private static Task RespondAsync(UpstreamRequest request, int status, string said = Said) =>
        status == 204 ? request.SendAsync($"HTTP/1.1 204 No Content\r\n{said}\r\n") : request.RespondAsync("ok", status, said);

    private static Task<RawResponse> AskAsync(
        InProcessGateway gateway,
        string target,
        string origin = "https://shop.test",
        string method = "PUT",
        string headers = "x-basket",
        string more = "") =>
        gateway.AskAsync(
            $"OPTIONS {target} HTTP/1.1\r\nHost: api.test\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}"
                + $"\r\nAccess-Control-Request-Headers: {headers}\r\n{more}\r\n",
            "OPTIONS");
}
