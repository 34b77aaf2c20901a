using Gateway.Forwarding.Requests;
using Gateway.LastGood.Keys;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class ProxiedHeadersTests
{
    [Theory]
    [InlineData("X-Private, keep-alive")]
    [InlineData("keep-alive,x-private")]
    [InlineData("X-Private, close")]
    [InlineData("X-Private\r\nConnection: X-Other")]
    [InlineData("upgrade, X-Private")]
    [InlineData("X-Private")]
    public async Task Request_HopByHopHeaders_EndAtTheGateway(string connection)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        await gateway.GetAsync(
            "/",
            $"Connection: {connection}\r\nX-Private: 1\r\nKeep-Alive: 5\r\nTE: gzip\r\nProxy-Authorization: Basic eA==\r\nX-Public: "
                + $"2\r\nVia: 1.0 edge\r\n");

        var sent = guide.Last;
        Assert.Empty(sent.Header("X-Private"));
        Assert.Empty(sent.Header("Keep-Alive"));
        Assert.Empty(sent.Header("TE"));
        Assert.Empty(sent.Header("Proxy-Authorization"));
        Assert.Equal(["2"], sent.Header("X-Public"));
        Assert.Equal("1.0 edge, 1.1 gateway", string.Join(", ", sent.Header("Via")));
        Assert.Equal([$"127.0.0.1:{guide.Port}"], sent.Header("Host"));
    }

    [Fact]
    public async Task Response_HopByHopHeaders_EndAtTheGateway()
    {
        await using var guide =
            new ScriptedUpstream(r => r.RespondAsync(
                "ok",
                200,
                "Connection: X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nX-Public: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: "
                    + "b=2\r\nVia: 1.1 origin\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var received = await gateway.GetAsync();

        Assert.Equal((200, "ok"), (received.Status, received.Body));
        Assert.Empty(received.Header("X-Private"));
        Assert.Empty(received.Header("Keep-Alive"));
        Assert.Equal(["2"], received.Header("X-Public"));
        Assert.Equal(["a=1", "b=2"], received.Header("Set-Cookie"));
        Assert.Equal("1.1 origin, 1.1 gateway", string.Join(", ", received.Header("Via")));
        Assert.Empty(received.Header("Server"));
    }

    public static TheoryData<string, bool, bool> TwoLines()
    {
        var data = new TheoryData<string, bool, bool>();
        foreach (var lines in new[]
        {
            "keep-alive|X-Private",
            "X-Private|keep-alive",
            "close|X-Private",
            "X-Private|close",
            "upgrade|x-private",
            "X-Other|keep-alive, X-Private"
        })
        {
            foreach (var (isUpgrade, isTls) in new[] { (false, false), (false, true), (true, false), (true, true) })
            {
                data.Add(lines, isUpgrade, isTls);
            }
        }

        return data;
    }

    /// <summary>
    /// All lines of <c>Connection</c> are one list, in responses too, whatever client received them: in clear, over TLS, and
    /// to an upgrade that is refused.
    /// </summary>
    [Theory]
    [MemberData(nameof(TwoLines))]
    public async Task Response_ConnectionInTwoLines_NamesEndAtTheGateway(string lines, bool isUpgrade, bool isTls)
    {
        var asked = isUpgrade
            ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            : "";
        await using var guide = new ScriptedUpstream(
            r => r.RespondAsync(
                "ok",
                200,
                $"Connection: {lines.Replace("|", "\r\nConnection: ", StringComparison.Ordinal)}\r\nX-Private: 1\r\nKeep-Alive: "
                    + $"timeout=5\r\nX-Public: 2\r\n"),
            isTls);
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var response = await gateway.GetAsync("/", asked);

        Assert.Equal((200, "ok"), (response.Status, response.Body));
        Assert.Empty(response.Header("X-Private"));
        Assert.Empty(response.Header("Keep-Alive"));
        Assert.DoesNotContain(response.Header("Connection"), value => value.Contains("private", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(["2"], response.Header("X-Public"));
    }

    [Fact]
    public async Task ForwardedHeaders_StrangerAsks_AreReplaced()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        await gateway.GetAsync("/", Spoofed);

        var sent = guide.Last;
        Assert.Equal(["127.0.0.1"], sent.Header("X-Forwarded-For"));
        Assert.Equal(["http"], sent.Header("X-Forwarded-Proto"));
        Assert.Equal(["shop.test"], sent.Header("X-Forwarded-Host"));
        Assert.Equal(["for=127.0.0.1;host=\"shop.test\";proto=http"], sent.Header("Forwarded"));
        Assert.Empty(sent.Header("X-Forwarded-Prefix"));
        Assert.Empty(sent.Header("X-Real-IP"));
    }

    [Fact]
    public async Task ForwardedHeaders_TrustedByReload_AreMadeLonger()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        gateway.WriteConfig(InProcessGateway.Config([guide.Url], top: "trustedProxies: [ 127.0.0.0/8 ]"));

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                await gateway.GetAsync("/", Spoofed);
                return guide.Last.Header("X-Forwarded-For") is ["9.9.9.9, 127.0.0.1"];
            },
            TimeSpan.FromSeconds(30),
            "the new configuration's proxies are believed");

        var sent = guide.Last;
        Assert.Equal(["https"], sent.Header("X-Forwarded-Proto"));
        Assert.Equal(["bank.test"], sent.Header("X-Forwarded-Host"));
        Assert.Equal(["for=9.9.9.9, for=127.0.0.1;host=\"shop.test\";proto=http"], sent.Header("Forwarded"));
    }

    [Theory]
    [InlineData("X-Client-IP")]
    [InlineData("x-client-ip")]
    [InlineData("True-Client-IP")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("CF-Connecting-IPv6")]
    [InlineData("X-Cluster-Client-IP")]
    [InlineData("Fastly-Client-IP")]
    [InlineData("Fly-Client-IP")]
    [InlineData("X-Azure-ClientIP")]
    [InlineData("X-Envoy-External-Address")]
    [InlineData("X-Original-Forwarded-For")]
    [InlineData("X-Originating-IP")]
    [InlineData("X-Remote-IP")]
    [InlineData("X-Remote-Addr")]
    [InlineData("X-ProxyUser-Ip")]
    [InlineData("X-Forwarded")]
    [InlineData("Forwarded-For")]
    [InlineData("Client-IP")]
    [InlineData("X-Host")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Rewrite-URL")]
    [InlineData("X-Real-IP")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("X-Forwarded-User")]
    [InlineData("X-Forwarded-Client-Cert")]
    [InlineData("Remote-User")]
    [InlineData("X-Remote-User")]
    [InlineData("X-Auth-Request-Email")]
    [InlineData("X-MS-CLIENT-PRINCIPAL")]
    [InlineData("X-Goog-IAP-JWT-Assertion")]
    [InlineData("X-Amzn-Oidc-Data")]
    [InlineData("Cf-Access-Authenticated-User-Email")]
    [InlineData("Client-Cert")]
    [InlineData("Ssl-Client-Cert")]
    [InlineData("X-SSL-Client-Verify")]
    public async Task Claims_OfAClient_PassFromTrustedProxiesAlone(string name)
    {
        foreach (var trusted in new[] { false, true })
        {
            await using var guide = new ScriptedUpstream();
            await using var gateway =
                await InProcessGateway.StartAsync(InProcessGateway.Config(
                    [guide.Url],
                    top: trusted ? "trustedProxies: [ 127.0.0.0/8 ]" : ""));
            foreach (var request in new[] { "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 0\r\n" })
            {
                await gateway.AskAsync($"{request}Host: shop.test\r\n{name}: 9.9.9.9\r\nX-Client: shop-app\r\n\r\n");
                Assert.Equal(trusted ? ["9.9.9.9"] : [], guide.Last.Header(name));
                Assert.Equal(["shop-app"], guide.Last.Header("X-Client"));
            }
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", false)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 0\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        + "dGhlIHNhbXBsZSBub25jZQ==\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\n", true)]
    public async Task Claims_SpelledAsCgiReadsThem_PassFromNobody(string start, bool trusted)
    {
        // What becomes one name in a CGI environment: HTTP_X_FORWARDED_FOR, HTTP_CLIENT_IP, HTTP_PROXY.
        string[] always =
        [
            "X_Forwarded_For", "X-Forwarded_For", "x_forwarded-proto", "X_FORWARDED_HOST", "X_Real_IP", "Proxy", "PROXY", "X_Client_IP",
            "Client_IP", "True_Client-IP", "X_Original_URL", "X-Original_URL",
            "Remote_Addr", "Remote_User", "X-Forwarded_User", "SSL_Client_Cert", "X_Remote-User",
        ];
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: trusted ? "trustedProxies: [ 127.0.0.0/8 ]" : ""));

        await gateway.AskAsync(
            $"{start}Host: shop.test\r\n{string.Concat(always.Select(static name => $"{name}: 9.9.9.9\r\n"))}X_Client: shop-app\r\n\r\n");

        Assert.All(always, name => Assert.Empty(guide.Last.Header(name)));
        Assert.Equal(["shop-app"], guide.Last.Header("X_Client"));
    }

    /// <summary>
    /// A header that names the client, reaches the service and is outside of the key would let anybody write everybody's stored response.
    /// </summary>
    [Theory]
    [InlineData("WL-Proxy-Client-IP")]
    [InlineData("Proxy-Client-IP")]
    [InlineData("Incap-Client-IP")]
    [InlineData("X-Sucuri-ClientIP")]
    [InlineData("X-True-Client-IP")]
    [InlineData("Ali-CDN-Real-IP")]
    [InlineData("Cdn-Src-Ip")]
    [InlineData("Cdn-Real-Ip")]
    [InlineData("X-Vercel-Forwarded-For")]
    [InlineData("X-Vercel-Proxied-For")]
    [InlineData("X-NF-Client-Connection-IP")]
    [InlineData("X-Appengine-User-IP")]
    [InlineData("X-Real-Port")]
    [InlineData("X-Client-Port")]
    [InlineData("X-Envoy-Internal")]
    [InlineData("X-Envoy-External-Address")]
    [InlineData("X-Azure-ClientIP")]
    [InlineData("Fastly-Client-IP")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Real-IP")]
    public void Claims_OutsideOfTheKey_AreLeftOut(string name)
    {
        Assert.Equal(HeaderRole.Harmless, RequestHeaderRoles.Of(name));
        Assert.True(ForwardedHeaders.Owns(name) || ForwardedHeaders.IsClaim(name));
    }

    [Fact]
    public async Task Headers_BytesAbove127_PassBothWaysAndBlameNobody()
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("ok", 200, "X-Name: M\u00fcller \u00c3\u00a9\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 0; i < 6; i++)
        {
            var received = await gateway.GetAsync("/", "X-City: Z\u00fcrich \u00c3\u00a9\r\n");

            Assert.Equal(200, received.Status);
            Assert.Equal(["M\u00fcller \u00c3\u00a9"], received.Header("X-Name"));
            Assert.Equal(["Z\u00fcrich \u00c3\u00a9"], guide.Last.Header("X-City"));
        }
    }

    [Theory]
    [InlineData("/a%2Fb/c%20d/%C3%A9?q=%2F+x&y=a b", null)]
    [InlineData("/a%252Fb/%2e%2e%2e", null)]
    [InlineData("//double//slash/", null)]
    [InlineData("/a;v=1/b:c@d!$&'()*+,=~", null)]
    [InlineData("/a/../b/./c?x=/../", "/b/c?x=/../")]
    [InlineData("/a/%2E%2e/b", "/b")]
    [InlineData("http://shop.test/abs%2Fx?y", "/abs%2Fx?y")]
    public async Task Target_AsWritten_ReachesTheDestination(string target, string? expected)
    {
        if (target.Contains(' ', StringComparison.Ordinal))
        {
            target = target.Replace(" ", "%20", StringComparison.Ordinal);
        }

        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var received = await gateway.GetAsync(target);

        Assert.Equal(200, received.Status);
        Assert.Equal(expected ?? target, guide.Last.Target);
    }

    private const string Spoofed =
        "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: bank.test\r\nX-Forwarded-Prefix: /x\r\nX-Real-IP: "
            + "9.9.9.9\r\nForwarded: for=9.9.9.9\r\n";
}
