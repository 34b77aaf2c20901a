using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public sealed class UnmatchedRequestsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/nowhere", "application/json", 404, "application/problem+json", "\"status\":404")]
    [InlineData("GET", "/nowhere", "*/*", 404, "application/problem+json", "\"status\":404")]
    [InlineData("GET", "/nowhere", "text/html,*/*;q=0.8", 404, "text/html; charset=utf-8", "<h1>Not Found</h1>")]
    [InlineData("GET", "/nowhere", "text/plain", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n")]
    [InlineData("GET", "/nowhere", "text/event-stream", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n")]
    [InlineData("HEAD", "/nowhere", "text/plain", 404, "text/plain; charset=utf-8", "")]
    [InlineData("POST", "/nowhere", "text/plain", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n")]
    [InlineData("DELETE", "/api/x", "application/json", 405, "application/problem+json", "\"status\":405")]
    public async Task Request_NoRouteTakes_IsAnsweredCountedAndLogged(
        string method,
        string path,
        string accept,
        int status,
        string contentType,
        string body)
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url], top: "telemetry: { logs: { file: FOLDER/gateway.log } }").Replace(
            "\"/{**rest}\"",
            "\"/api/{**rest}\", methods: [ GET, POST ]",
            StringComparison.Ordinal);
        await using var gateway = await InProcessGateway.StartAsync(config);

        var response = await gateway.AskAsync(
            $"{method} {path} HTTP/1.1\r\nHost: shop.test\r\nAccept: {accept}\r\nContent-Length: 0\r\n\r\n",
            method);

        Assert.Equal(status, response.Status);
        Assert.Equal(["gateway; error=destination_not_found"], response.Header("Proxy-Status"));
        Assert.Equal([contentType], response.Header("Content-Type"));
        Assert.Empty(response.Header("X-Fallback"));
        Assert.Equal(status == 405 ? ["CONNECT, GET, HEAD, POST"] : [], response.Header("Allow"));
        Assert.Contains(body, response.Body, StringComparison.Ordinal);
        Assert.Equal(method == "HEAD", response.Body.Length == 0);
        Assert.Empty(guide.Requests);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("route", "unmatched"), ("outcome", "refused"));
        await Eventually.BecomeTrueAsync(
            async () => (await File.ReadAllTextAsync(gateway.PathOf("gateway.log"), Token)).Contains(
                $"\" {status} outcome=refused cause=unmatched route=unmatched ",
                StringComparison.Ordinal),
            TimeSpan.FromSeconds(30),
            "the request is in the access log");
    }

    [Fact]
    public async Task Request_NoRouteTakes_LeavesItsConnectionUsable()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]).Replace(
                "\"/{**rest}\"",
                "\"/api/{**rest}\"",
                StringComparison.Ordinal));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync(
            "POST /nowhere HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhelloGET /api/x HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        Assert.Equal(404, (await client.ReadAsync()).Status);
        Assert.Equal(200, (await client.ReadAsync()).Status);
    }

    [Theory]
    [InlineData("/*", "/{**rest}")]
    [InlineData("/api/*", "/api/{**rest}")]
    [InlineData("/api/**", "/api/{**rest}")]
    [InlineData("/api/*/items", "/api/{name}/items")]
    [InlineData("/img/*.png", "/img/{name}")]
    [InlineData("/users/:id", "/users/{id}")]
    [InlineData("/users/:id/orders/:order", "/users/{id}/orders/{order}")]
    [InlineData("/users/<id>", "/users/{id}")]
    [InlineData("/a/{id}/*", "/a/{id}/{**rest}")]
    public void Pattern_OfAnotherRouter_IsRefusedWithTheRemedy(string pattern, string instead)
    {
        var result = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace("/{**rest}", pattern, StringComparison.Ordinal));
        Assert.Equal(
            $"gateway.yaml:4:33: This pattern would match literally, given \"{pattern}\". Write \"{instead}\".",
            Assert.Single(result.Problems).ToString());
        Assert.Empty(ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace("/{**rest}", instead, StringComparison.Ordinal)).Problems);
    }

    [Fact]
    public void Pattern_WithAColonInsideASegment_IsValid() =>
        Assert.Empty(ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(
            "/{**rest}",
            "/v1/models/guide:generate",
            StringComparison.Ordinal)).Problems);

    [Fact]
    public void Route_NamedUnmatched_IsRefused() =>
        Assert.Contains(
            "stands for requests that no route takes",
            Assert.Single(ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(
                "{ all:",
                "{ unmatched:",
                StringComparison.Ordinal)).Problems).Message,
            StringComparison.Ordinal);
}
