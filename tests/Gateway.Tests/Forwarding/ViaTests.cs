using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Where the gateway names itself (RFC 9110, section 7.6.3).</summary>
[Trait("kind", "server")]
public class ViaTests
{
    [Theory]
    [InlineData("", true, true)]
    [InlineData("    via: both", true, true)]
    [InlineData("    via: response", false, true)]
    [InlineData("    via: off", false, false)]
    public async Task Via_ByTheCluster_IsSaidOrNot(string cluster, bool inRequest, bool inResponse)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], cluster: cluster));

        foreach (var (method, body) in new[] { ("GET", ""), ("POST", "hello"), ("DELETE", "") })
        {
            var response =
                await gateway.AskAsync(
                    $"{method} / HTTP/1.1\r\nHost: a\r\nVia: 1.0 edge\r\n{(body.Length > 0 ? "Content-Length: 5\r\n" : "")}\r\n{body}");

            Assert.Equal(200, response.Status);
            Assert.Equal(inRequest ? ["1.0 edge", "1.1 gateway"] : ["1.0 edge"], guide.Last.Header("Via"));
            Assert.Equal(inResponse ? ["1.1 gateway"] : [], response.Header("Via"));
        }
    }

    /// <summary>nginx takes a request that says Via for a proxy's, and compresses nothing for those by default.</summary>
    [Theory]
    [InlineData("both", false)]
    [InlineData("response", true)]
    [InlineData("off", true)]
    public async Task Via_NginxBehind_CompressesWithoutIt(string via, bool isCompressed)
    {
        await using var nginx = await NginxServer.StartAsync(
            new Dictionary<string, byte[]> { ["page"] = new byte[100_000] },
            "gzip on; gzip_types *;");
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([nginx.Url], cluster: $"    via: {via}"));

        var response = await gateway.GetAsync("/page", "Accept-Encoding: gzip\r\n");

        Assert.Equal(200, response.Status);
        Assert.Equal(isCompressed ? ["gzip"] : [], response.Header("Content-Encoding"));
    }
}
