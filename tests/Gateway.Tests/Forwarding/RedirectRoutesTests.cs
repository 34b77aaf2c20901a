using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Routes that redirect: where they lead, and where no request can make them lead.</summary>
[Trait("kind", "socket")]
public sealed class RedirectRoutesTests
{
    private const string Routes = """

          https:  { match: { host: shop.example, path: "/{**rest}" }, redirect: { to: "https://{host}{path}" } }
          port:   { match: { host: port.example, path: "/{**rest}" }, redirect: { to: "https://{host}:8443{path}", status: 301 } }
          moved:  { match: { path: "/old/{**rest}" }, redirect: { to: "/new/{rest}", status: 302 } }
          same:   { match: { path: "/same/{**rest}" }, redirect: { to: "{path}", status: 307 } }
          query:  { match: { path: "/query/{id}" }, redirect: { to: "https://docs.example/?id={id}", status: 303 } }
          anyone: { match: { path: "/host/{**rest}" }, redirect: { to: "https://{host}/" } }
        """;

    private static readonly (string Host, string Target, int Status, string? Location)[] Requests =
    [
        ("shop.example", "/", 308, "https://shop.example/"),
        ("SHOP.example:8080", "/a%2Fb/%C3%A4?x=1&y=%26", 308, "https://SHOP.example/a%2Fb/%C3%A4?x=1&y=%26"),
        ("shop.example", "//evil.test/x", 308, "https://shop.example//evil.test/x"),
        ("shop.example", "/../../evil", 308, "https://shop.example/evil"),
        ("shop.example", "/@evil.test", 308, "https://shop.example/@evil.test"),
        ("port.example", "/a", 301, "https://port.example:8443/a"),
        ("x.example", "/old/a/b?c", 302, "/new/a/b?c"),
        ("x.example", "/old//evil.test", 302, "/new//evil.test"),
        ("x.example", "/same/a", 307, "/same/a"),
        ("x.example", "/same/\\evil.test\\..", 307, "/same/%5Cevil.test%5C.."),
        ("x.example", "/query/7?x", 303, "https://docs.example/?id=7"),
        ("x.example", "/query/7%26a", 303, "https://docs.example/?id=7%26a"),
        ("[::1]:80", "/host/", 308, "https://[::1]/"),
        ("x", "/host/", 308, "https://x/"),
        ("evil.test'", "/host/", 400, null),
        ("a..b", "/host/", 400, null),
    ];

    // Nothing is behind: a redirect needs no destination.
    private static string Config => InProcessGateway.Config(["http://127.0.0.1:1"]) + Routes;

    [Fact]
    public async Task Request_OverHttp11_IsSentToTheAddress()
    {
        await using var gateway = await InProcessGateway.StartAsync(Config);
        foreach (var (host, target, status, location) in Requests)
        {
            var response = await gateway.AskAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal((host, target, status), (host, target, response.Status));
            Assert.Equal((host, target, location), (host, target, response.Header("Location").SingleOrDefault()));
        }

        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("route", "https"), ("outcome", "live"), ("code", "3xx"));
        Assert.Equal(308, (await gateway.AskAsync("POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\nab")).Status);
    }

    [Fact]
    public async Task Request_OverHttp2_IsSentToTheAddress()
    {
        await using var gateway = await InProcessGateway.StartTlsAsync(Config);
        foreach (var (host, target, status, location) in Requests)
        {
            // The client reads the first response of a connection only: later ones refer to its head.
            await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);
            var response = await client.AskAsync((":method", "GET"), (":scheme", "https"), (":authority", host), (":path", target));
            if (location is null)
            {
                // Kestrel refuses some of them by itself.
                Assert.True(response.IsRefused, host);
                continue;
            }

            Assert.Equal((host, target, status), (host, target, response.Status));
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/old/a/b?c"))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        using var redirect = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("/new/a/b?c", redirect.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("/{**rest}", "//a{path}")]
    [InlineData("/{**rest}", "https://shop.example{rest}")]
    [InlineData("/{**rest}", "https://{rest}/")]
    [InlineData("/{**rest}", "https://{host}{rest}")]
    [InlineData("/{**rest}", "https://user@{host}{path}")]
    [InlineData("/{**rest}", "https://a.{host}{path}")]
    [InlineData("/{**rest}", "https://{host}.evil{path}")]
    [InlineData("/{**rest}", "{rest}")]
    [InlineData("/{**rest}", "javascript:alert(1)")]
    [InlineData("/{**rest}", "https:/{path}")]
    [InlineData("/{**rest}", "/a\\b")]
    [InlineData("/{**rest}", "/a#b")]
    [InlineData("/{**rest}", "/{nothing}")]
    [InlineData("/a/x{part}", "/{part}")]
    public void Address_WhoseHostAClientCouldChoose_IsAProblem(string path, string to)
    {
        var result = Configuration.ConfigLoaderTests.Judge(Configuration.ConfigLoaderTests.Smallest
            + $"  other: {{ match: {{ host: shop.example, path: \"{path}\" }}, redirect: {{ to: '{to}' }} }}\n");
        Assert.Equal(5, Assert.Single(result.Problems).Line);
    }
}
