using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>Last-good responses as clients on a socket meet them, whatever others sent before.</summary>
[Trait("kind", "socket")]
public sealed class OnTheWireTests
{
    private const string Route = """
            lastGood: {}
            fallback: [ lastGood ]
        """;

    [Fact]
    public async Task Outage_AfterTheEscapedTwinWasAskedFor_GivesEachItsOwn()
    {
        await using var upstream =
            new ScriptedUpstream(static request => request.RespondAsync(request.Target.Contains(
                "%3F",
                StringComparison.Ordinal) ? "poison" : "good"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        Assert.Equal("good", (await AskAsync(gateway, "/p?x=1")).Body);
        Assert.Equal("poison", (await AskAsync(gateway, "/p%3Fx=1")).Body);

        upstream.Script = static request => request.RespondAsync("down", 503);
        var found = await AskAsync(gateway, "/p?x=1");
        Assert.Equal((200, "good"), (found.Status, found.Body));
        Assert.Equal(["last-good"], found.Header("X-Fallback"));
        Assert.Equal("poison", (await AskAsync(gateway, "/p%3Fx=1")).Body);
        Assert.Equal("good", (await AskAsync(gateway, "/%70?x=%31")).Body);
        Assert.Equal(503, (await AskAsync(gateway, "/p?x=2")).Status);
    }

    [Theory]
    [InlineData("Authorization: x", 401, "")]
    [InlineData("Authorization: x", 200, "private")]
    [InlineData("Cookie: a=b", 404, "")]
    [InlineData("Cookie: a=b", 200, "no-store")]
    [InlineData("Origin: https://evil.example", 403, "")]
    [InlineData("Range: bytes=5-", 416, "no-store")]
    [InlineData("User-Agent: odd", 404, "no-store")]
    [InlineData("User-Agent: odd", 200, "private")]
    [InlineData("Referer: http://evil.example/", 403, "private")]
    [InlineData("User-Agent: odd", 500, "no-store")]
    public async Task Outage_AfterOneClientsResponse_GivesWhatWasGood(string header, int status, string cacheControl)
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        Assert.Equal("ok", (await AskAsync(gateway, "/a")).Body);
        upstream.Script = request => request.RespondAsync(
            "other",
            status,
            cacheControl.Length > 0 ? $"Cache-Control: {cacheControl}\r\n" : "");
        await AskAsync(gateway, "/a", header);
        upstream.Script = static request => request.RespondAsync("down", 503);
        var found = await AskAsync(gateway, "/a");
        Assert.Equal((200, "ok"), (found.Status, found.Body));
    }

    [Fact]
    public async Task Outage_BehindANetworkAndInAnotherSpelling_GivesTheStoredCoding()
    {
        await using var upstream =
            new ScriptedUpstream(static request => request.RespondAsync(
                "folded",
                200,
                "Content-Encoding: br\r\nVary: Accept-Encoding\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        await AskAsync(
            gateway,
            "/a",
            "Accept-Encoding: gzip, deflate, br, zstd",
            "Accept-Language: de, en;q=0.9",
            "X-Amz-Cf-Id: 1",
            "X-Azure-Ref: 1",
            "X-Forwarded-Port: 443",
            "elastic-apm-traceparent: 1");
        upstream.Script = static request => request.RespondAsync("down", 503);
        var found = await AskAsync(
            gateway,
            "/a",
            "Accept-Encoding: br;q=1.0,gzip",
            "Accept-Language: DE,en;q=0.5",
            "X-Amz-Cf-Id: 2",
            "X-Azure-Ref: 2",
            "X-Forwarded-Port: 8443",
            "X-Varnish: 7");
        Assert.Equal((200, "folded"), (found.Status, found.Body));
        Assert.Equal(["br"], found.Header("Content-Encoding"));
        Assert.Equal(503, (await AskAsync(gateway, "/a", "Accept-Encoding: gzip", "Accept-Language: de,en")).Status);
    }

    [Theory]
    [InlineData("CDN-Cache-Control: no-store")]
    [InlineData("Surrogate-Control: private")]
    [InlineData("Cache-Control: max-age=60; private")]
    public async Task Outage_ServiceForbadeStoring_GivesNothing(string header)
    {
        await using var upstream = new ScriptedUpstream(request => request.RespondAsync("mine", 200, header + "\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        Assert.Equal("mine", (await AskAsync(gateway, "/a")).Body);
        upstream.Script = static request => request.RespondAsync("down", 503);
        Assert.Equal(503, (await AskAsync(gateway, "/a")).Status);
    }

    private static Task<RawResponse> AskAsync(InProcessGateway gateway, string target, params string[] headers) =>
        RawClient.AskAsync(
            gateway.Url,
            $"GET {target} HTTP/1.1\r\nHost: shop.example\r\n{string.Concat(headers.Select(static header => header + "\r\n"))}Connection: "
                + $"close\r\n\r\n");
}
