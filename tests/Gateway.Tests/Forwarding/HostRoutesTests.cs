using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Two shops on one gateway, told apart by host, header and query, for users of HTTP/1.1 and of HTTP/2.</summary>
[Trait("kind", "socket")]
public sealed class HostRoutesTests
{
    private const string Routes = """

          tea:
            match: { host: tea.example, path: "/{**rest}" }
            cluster: guide
            fallback: [ { file: tea.txt } ]
          teas:
            match: { host: "*.tea.example", path: "/{**rest}" }
            cluster: guide
            fallback: [ { file: teas.txt } ]
          shoes:
            match: { host: [ shoes.example, www.shoes.example ], path: "/api/{**rest}" }
            cluster: guide
            fallback: [ { file: shoes.txt } ]
          beta:
            match: { host: shoes.example, path: "/api/{**rest}", headers: { X-Beta: { present: true } } }
            cluster: guide
            fallback: [ { file: beta.txt } ]
          second:
            match: { host: shoes.example, path: "/api/{**rest}", query: { v: 2, lang: de } }
            cluster: guide
            fallback: [ { file: second.txt } ]
        """;

    private static readonly Dictionary<string, string> Files = new[]
    {
        "tea",
        "teas",
        "shoes",
        "beta",
        "second"
    }.ToDictionary(static name => $"static/{name}.txt", static name => name);

    // Nothing is behind: which route a request took is told by the route's own file.
    private static readonly string Config = InProcessGateway.Config(["http://127.0.0.1:1"]).Replace(
        "  all:\n    match: { path: \"/{**rest}\" }\n    cluster: guide\n",
        Routes,
        StringComparison.Ordinal);

    private static readonly (string Host, string Target, string Header, string? Route)[] Requests =
    [
        ("tea.example", "/", "", "tea"),
        ("TEA.example:8080", "/api/x", "", "tea"),
        ("a.b.tea.example", "/", "", "teas"),
        ("shoes.example", "/api/x", "", "shoes"),
        ("www.shoes.example", "/api/x?v=2&lang=de", "", "shoes"),
        ("shoes.example", "/api/x", "x-beta", "beta"),
        ("shoes.example", "/api/x?lang=de&v=2", "", "second"),
        ("shoes.example", "/api/x?v=2", "", "shoes"),
        ("shoes.example", "/x", "", null),
        ("other.example", "/api/x", "", null),
        ("xtea.example", "/", "", null),
    ];

    [Fact]
    public async Task Request_OverHttp11_GetsTheRouteOfItsHost()
    {
        await using var gateway = await InProcessGateway.StartAsync(Config, Files);
        foreach (var (host, target, header, route) in Requests)
        {
            var response =
                await gateway.AskAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n{(header.Length > 0 ? header + ": 1\r\n" : "")}\r\n");
            Assert.Equal((host, target, route is null ? 404 : 200), (host, target, response.Status));
            Assert.Equal((host, target, route
                ?? "gateway; error=destination_not_found"),
                (host, target, route is null ? Assert.Single(response.Header("Proxy-Status")) : response.Body));
        }
    }

    [Fact]
    public async Task Request_OverHttp2_GetsTheRouteOfItsAuthority()
    {
        await using var gateway = await InProcessGateway.StartTlsAsync(Config, more: Files);
        await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);
        foreach (var (host, target, header, route) in Requests)
        {
            List<(string, string)> fields = [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", target)];
            if (header.Length > 0)
            {
                fields.Add((header, "1"));
            }

            var response = await client.AskAsync([.. fields]);
            Assert.Equal((host, target, route is null ? 404 : 200), (host, target, response.Status));
            if (route is not null)
            {
                Assert.Equal((host, target, route), (host, target, response.Body));
            }
        }
    }

    [Fact]
    public async Task Shops_EachWithItsCluster_AreServedByTheirOwnDestinations()
    {
        await using var tea = new ScriptedUpstream(static request => request.RespondAsync("tea"));
        await using var shoes = new ScriptedUpstream(static request => request.RespondAsync("shoes"));
        var config = InProcessGateway.Config(
            [tea.Url],
            cluster: $"  other:\n    tiers: [ {{ name: primary, destinations: [ \"{shoes.Url}\" ] }} ]\n")
            .Replace(
                "    match: { path: \"/{**rest}\" }",
                "    match: { host: tea.example, path: \"/{**rest}\" }",
                StringComparison.Ordinal)
            + "  shoes:\n    match: { host: shoes.example, path: \"/{**rest}\" }\n    cluster: other\n";
        await using var gateway = await InProcessGateway.StartAsync(config);
        foreach (var shop in (string[])["tea", "shoes", "tea"])
        {
            Assert.Equal((200, shop), await AskAsync(gateway, shop + ".example"));
        }

        // A reload moves a host to another route without a moment in between. The gateway watches the file, too: which of the two
        // comes first does not matter.
        Assert.Equal(404, (await AskAsync(gateway, "coffee.example")).Status);
        gateway.WriteConfig(config.Replace("host: tea.example", "host: [ tea.example, coffee.example ]", StringComparison.Ordinal));
        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);
        Assert.Equal((200, "tea"), await AskAsync(gateway, "coffee.example"));
        Assert.Equal((200, "shoes"), await AskAsync(gateway, "shoes.example"));
    }

    private static async Task<(int Status, string Body)> AskAsync(InProcessGateway gateway, string host)
    {
        var response = await gateway.AskAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        return (response.Status, response.Body);
    }
}
