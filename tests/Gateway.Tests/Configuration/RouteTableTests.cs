using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>Hosts, headers and query parameters in the choice of a route, by the matching that serves requests.</summary>
[Trait("kind", "unit")]
public sealed class RouteTableTests
{
    private const string Yaml = """
        version: 1
        listen: [ { url: "http://127.0.0.1:8080" } ]
        clusters: { guide: { tiers: [ { name: primary, destinations: [ "http://127.0.0.1:9001", "http://127.0.0.1:9002" ] } ] } }
        routes:
          any:           { match: { path: "/{**rest}" }, cluster: guide }
          any-api:       { match: { path: "/api/{**rest}" }, cluster: guide }
          below:         { match: { host: "*.shop.example", path: "/{**rest}" }, cluster: guide }
          below-long:    { match: { host: "*.eu.shop.example", path: "/x" }, cluster: guide }
          shop:          { match: { host: Shop.Example, path: "/{**rest}", methods: [GET] }, cluster: guide }
          www:           { match: { host: [www.shop.example, "[2001:db8::1]"], path: "/{**rest}" }, cluster: guide }
          one-path:      { match: { host: one.test, path: "/only" }, cluster: guide }
          tenant-a:      { match: { path: "/t", headers: { X-Tenant: a } }, cluster: guide }
          tenant-b:      { match: { path: "/t", headers: { x-tenant: b } }, cluster: guide }
          tenant-b-beta: { match: { path: "/t", headers: { X-Tenant: b, X-Beta: { present: true } } }, cluster: guide }
          tenant-x:      { match: { path: "/t", headers: { X-Tenant: { prefix: x } } }, cluster: guide }
          tenant-xy:     { match: { path: "/t", headers: { X-Tenant: { prefix: xy } } }, cluster: guide }
          tenant-some:   { match: { path: "/t", headers: { X-Tenant: { present: true } } }, cluster: guide }
          tenant-none:   { match: { path: "/t", headers: { X-Tenant: { present: false } } }, cluster: guide }
          v2:            { match: { path: "/q", query: { v: 2 } }, cluster: guide }
          v-blank:       { match: { path: "/q", query: { v: "a b", "ä": "" } }, cluster: guide }
          v-get:         { match: { path: "/q", methods: [GET] }, cluster: guide }
        """;

    private static readonly RouteConfig[] Routes = [.. ConfigLoaderTests.Judge(Yaml).Config!.Routes];

    public static TheoryData<string, string, string, string> Requests() => new()
    {
        // Hosts: exact, then below the longest name, then every host; each with its own paths.
        { "GET", "http://shop.example/", "", "shop" },
        { "GET", "http://SHOP.example:8443/api/x", "", "shop" },
        { "GET", "http://shop.example./", "", "shop" },
        { "POST", "http://shop.example/api/x", "", "any-api" },
        { "POST", "http://shop.example/x", "", "any" },
        { "GET", "http://www.shop.example/api/x", "", "www" },
        { "GET", "http://[2001:db8::1]:81/", "", "www" },
        { "GET", "http://a.shop.example/api/x", "", "below" },
        { "GET", "http://a.b.shop.example/", "", "below" },
        { "GET", "http://de.eu.shop.example/x", "", "below-long" },
        { "GET", "http://de.eu.shop.example/y", "", "below" },
        { "GET", "http://eu.shop.example/x", "", "below" },
        { "GET", "http://ashop.example/api/x", "", "any-api" },
        { "GET", "http://shop.example.evil.test/", "", "any" },
        { "GET", "http://one.test/only", "", "one-path" },
        { "GET", "http://one.test/other", "", "any" },

        // Headers: more conditions, then an exact value, then the longer beginning.
        { "GET", "http://x.test/t", "X-Tenant: a", "tenant-a" },
        { "GET", "http://x.test/t", "X-TENANT: b", "tenant-b" },
        { "GET", "http://x.test/t", "X-Tenant: A", "tenant-some" },
        { "GET", "http://x.test/t", "X-Tenant: b|X-Beta: 0", "tenant-b-beta" },
        { "GET", "http://x.test/t", "X-Tenant: x1", "tenant-x" },
        { "GET", "http://x.test/t", "X-Tenant: xyz", "tenant-xy" },
        { "GET", "http://x.test/t", "", "tenant-none" },
        { "GET", "http://x.test/t", "X-Tenant: a|X-Tenant: b", "tenant-some" },

        // Queries: decoded; what stands twice has no one value.
        { "POST", "http://x.test/q?v=2", "", "v2" },
        { "GET", "http://x.test/q?a=1&v=2&b", "", "v2" },
        { "GET", "http://x.test/q?%76=%32", "", "v2" },
        { "GET", "http://x.test/q?V=2", "", "v-get" },
        { "GET", "http://x.test/q?v=2&v=3", "", "v-get" },
        { "GET", "http://x.test/q?v=3", "", "v-get" },
        { "POST", "http://x.test/q?v=3", "", "any" },
        { "GET", "http://x.test/q?v=a+b&%C3%A4", "", "v-blank" },
        { "GET", "http://x.test/q?v=a%20b&%C3%A4=", "", "v-blank" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_Matched_GetsTheMostExactRoute(string method, string url, string headers, string expected)
    {
        // The order of the file decides nothing here.
        foreach (var routes in (RouteConfig[][])[Routes, [.. Routes.Reverse()]])
        {
            await using var matcher = new RouteMatcher([.. routes]);
            var match = await matcher.MatchAsync(
                method,
                new Uri(url),
                headers.Split(
                    '|',
                    StringSplitOptions.RemoveEmptyEntries).Select(static line => KeyValuePair.Create(
                        line.Split(':')[0],
                        line.Split(':')[1].Trim())));
            Assert.Equal(expected, match.Route?.Name);
        }
    }

    [Theory]
    [InlineData("PUT", "http://shop.example/x", true)]
    [InlineData("PUT", "http://other.example/x", false)]
    [InlineData("PUT", "http://a.shop.example/only", true)]
    public async Task Request_NoRouteTakes_IsRefusedByPathOrByMethodOfAnyOfItsHosts(string method, string url, bool methodRefused)
    {
        await using var matcher = new RouteMatcher([
            new() { Name = "shop", Hosts = ["shop.example"], Path = "/{**rest}", Methods = ["GET"], Cluster = "guide" },
            new() { Name = "below", Hosts = ["*.shop.example"], Path = "/only", Methods = ["GET"], Cluster = "guide" },
            new() { Name = "else", Path = "/else", Cluster = "guide" },
        ]);
        var match = await matcher.MatchAsync(method, new Uri(url));
        Assert.Null(match.Route);
        Assert.Equal(methodRefused, match.MethodRefused);
    }

    [Fact]
    public void Example_OfTwoShops_IsValid()
    {
        var result = ConfigLoader.Load(Repository.PathOf("config", "shops.yaml"), static _ => null);
        Assert.Empty(result.Problems);
        Assert.Equal(5, result.Config!.Routes.Length);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("x.")]
    [InlineData(".")]
    public async Task Host_AsLongAsAHeadMayBe_IsNoHostOfARoute(string label)
    {
        await using var matcher = new RouteMatcher([
            new() { Name = "below", Hosts = ["*.x"], Path = "/", Cluster = "guide" },
            new() { Name = "any", Path = "/{**rest}", Cluster = "guide" }
        ]);
        var match = await matcher.MatchAsync(
            "GET",
            new Uri("http://a/"),
            [KeyValuePair.Create("Host", string.Concat(Enumerable.Repeat(label, 16_000)))]);
        Assert.Equal("any", match.Route?.Name);
    }
}
