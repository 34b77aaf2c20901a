using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Xunit;

namespace Gateway.Tests.Configuration;

[Trait("kind", "unit")]
public sealed class RouteMatcherTests
{
    private static readonly RouteConfig[] Routes =
    [
        Route("everything", "/{**rest}"),
        Route("read", "/cart/{id}", "GET"),
        Route("write", "/cart/{id}", "POST", "DELETE"),
        Route("number", "/item/{id:int}"),
        Route("word", "/item/{name:alpha}"),
        Route("any", "/item/{other}"),
        Route("exact", "/item/new"),
        Route("first", "/same/{a}", "GET", "PUT"),
        Route("second", "/same/{b}", "PUT", "PATCH"),
    ];

    [Theory]
    [InlineData("GET", "/", "everything")]
    [InlineData("GET", "/cart/7", "read")]
    [InlineData("HEAD", "/cart/7", "read")]
    [InlineData("POST", "/cart/7?x=1", "write")]
    [InlineData("PATCH", "/cart/7", "everything")]
    [InlineData("GET", "/item/7", "number")]
    [InlineData("GET", "/item/seven", "word")]
    [InlineData("GET", "/ITEM/New", "exact")]
    [InlineData("GET", "/item/sev-en", "any")]
    [InlineData("PUT", "/same/1", "first")]
    [InlineData("PATCH", "/same/1", "second")]
    [InlineData("GET", "http://shop.example/item/%6Eew", "exact")]
    public async Task Request_Matched_GetsTheMostExactRoute(string method, string url, string expected)
    {
        await using var matcher = new RouteMatcher([.. Routes]);
        var match = await matcher.MatchAsync(method, new Uri(url.StartsWith('/') ? "http://localhost" + url : url));
        Assert.Equal(expected, match.Route?.Name);
        Assert.False(match.MethodRefused);
    }

    [Theory]
    [InlineData("GET", "/nowhere", false)]
    [InlineData("PATCH", "/cart/7", true)]
    public async Task Request_NobodyTakes_IsRefusedByPathOrByMethod(string method, string url, bool methodRefused)
    {
        await using var matcher = new RouteMatcher([.. Routes[1..]]);
        var match = await matcher.MatchAsync(method, new Uri("http://localhost" + url));
        Assert.Null(match.Route);
        Assert.Equal(methodRefused, match.MethodRefused);
    }

    [Fact]
    public async Task Values_OfTheRoute_AreDecoded()
    {
        await using var matcher = new RouteMatcher([.. Routes]);
        var match = await matcher.MatchAsync("GET", new Uri("http://localhost/cart/a%20b"));
        Assert.Equal("a b", match.Values["id"]);
    }

    private static RouteConfig Route(string name, string path, params string[] methods) =>
        new() { Name = name, Path = path, Cluster = "guide", Methods = [.. methods] };
}
