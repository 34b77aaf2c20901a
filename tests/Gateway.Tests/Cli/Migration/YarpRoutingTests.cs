using Xunit;

namespace Gateway.Tests.Cli.Migration;

/// <summary>Requests to a gateway with the settings of a YARP application migrated.</summary>
[Trait("kind", "socket")]
public sealed class YarpRoutingTests
{
    private const string Settings = """
        {
          "ReverseProxy": {
            "Routes": {
              "api": { "ClusterId": "guide", "Match": { "Path": "/api/{**rest}" }, "Transforms": [ { "PathRemovePrefix": "/api" }, { "PathPrefix": "/v2" } ] },
              "item": { "ClusterId": "guide", "Match": { "Path": "/item/{id:int}/{**rest}" }, "Transforms": [ { "PathPattern": "/things/{id}/at/{**rest}" } ] },
              "one": { "ClusterId": "guide", "Match": { "Path": "/one" }, "Transforms": [ { "PathSet": "/other" }, { "RequestHeader": "X-Seen", "Set": "by {gateway}" } ] },
              "beta": { "ClusterId": "guide", "Match": { "Path": "/{**all}", "Hosts": [ "*.beta.example" ], "Methods": [ "get" ] } },
              "staff": { "ClusterId": "shop", "AuthorizationPolicy": "staff", "Match": { "Path": "/staff/{**rest}" } },
              "rest": { "ClusterId": "shop", "Match": { "Path": "{**catch-all}" }, "Transforms": [ { "RequestHeaderRemove": "X-Seen" } ] },
            },
            "Clusters": {
              "shop": { "LoadBalancingPolicy": "RoundRobin", "Destinations": { "one": { "Address": "SHOP/" } } },
              "guide": { "Destinations": { "one": { "Address": "GUIDE/" } } }
            }
          }
        }
        """;

    [Theory]
    [InlineData("a.example", "/", "200 shop /")]
    [InlineData("a.example", "/x/y?z=%20", "200 shop /x/y?z=%20")]
    [InlineData("a.example", "/api/x?y=z", "200 guide /v2/x?y=z client")]
    [InlineData("a.example", "/item/17/a/b", "200 guide /things/17/at/a/b client")]
    [InlineData("a.example", "/item/x/a", "200 shop /item/x/a")]
    [InlineData("a.example", "/one?q", "200 guide /other?q by {gateway}")]
    [InlineData("x.beta.example", "/x", "200 guide /x client")]
    [InlineData("a.example", "/staff/x", "403")]
    public async Task Request_ToTheGateway_GoesAsItDid(string host, string target, string expected)
    {
        await using var shop = await MigratedGateway.UpstreamAsync("shop", "X-Seen");
        await using var guide = await MigratedGateway.UpstreamAsync("guide", "X-Seen");
        await using var gateway = await MigratedGateway.StartAsync(
            "yarp",
            Settings.Replace("SHOP", shop.Url, StringComparison.Ordinal).Replace("GUIDE", guide.Url, StringComparison.Ordinal));

        Assert.Equal(expected, await MigratedGateway.AskAsync(gateway.Client, gateway.Url, "GET", host, target, "X-Seen: client"));
    }
}
