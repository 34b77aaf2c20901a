using System.Globalization;
using Gateway.Drills.Processes;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Cli.Migration;

/// <summary>
/// The same requests to HAProxy and to a gateway with HAProxy's configuration migrated: both ask the same destination for the same thing.
/// </summary>
[Trait("kind", "process")]
public sealed class HaProxyRoutingTests
{
    private const string Program = "/usr/sbin/haproxy";

    private const string Config = """
        defaults
            mode http
            timeout connect 5s
            timeout client 30s
            timeout server 30s
        frontend public
            bind 127.0.0.1:PORT
            acl is_guide hdr(host) -i guide.example
            acl internal src 10.0.0.0/8
            acl old path /old
            http-request deny if { path_beg /admin/ } !internal
            http-request redirect location https://shop.example/new code 301 if old
            http-request redirect prefix https://moved.example code 302 if { path_beg /moved/ }
            http-request set-header X-Seen "%[src] %[path]"
            use_backend api if { path_beg /api/ }
            use_backend guide if is_guide || { req.hdr(X-Guide) -m found }
            use_backend guide if { url_param(to) guide } { method GET }
            use_backend guide if { path_end .sse }
            default_backend shop
        backend shop
            balance leastconn
            server one SHOP
        backend guide
            server one GUIDE
        backend api
            http-request replace-path /api/(.*) /v2/\1
            server one GUIDE
        """;

    public static (string Host, string Target, string Headers, string Expected)[] Requests() =>
    [
        ("shop.example", "/", "", "200 shop / 127.0.0.1 /"),
        ("shop.example", "/a/b?c=d%20e", "", "200 shop /a/b?c=d%20e 127.0.0.1 /a/b"),
        ("guide.example", "/a", "", "200 guide /a 127.0.0.1 /a"),
        ("shop.example", "/a", "X-Guide: yes", "200 guide /a 127.0.0.1 /a"),
        ("shop.example", "/a?to=guide", "", "200 guide /a?to=guide 127.0.0.1 /a"),
        ("shop.example", "/a?to=shop", "", "200 shop /a?to=shop 127.0.0.1 /a"),
        ("shop.example", "/api/a?b=c", "", "200 guide /v2/a?b=c 127.0.0.1 /api/a"),
        ("guide.example", "/api/a", "", "200 guide /v2/a 127.0.0.1 /api/a"),
        ("shop.example", "/chat/x.sse", "", "200 guide /chat/x.sse 127.0.0.1 /chat/x.sse"),
        ("shop.example", "/old", "", "301 https://shop.example/new"),
        ("guide.example", "/old", "", "301 https://shop.example/new"),
        ("shop.example", "/moved/a", "", "302 https://moved.example/moved/a"),
        ("shop.example", "/admin/a", "", "403"),
        ("guide.example", "/admin/a", "", "403"),
    ];

    [Fact]
    public async Task Requests_ToBoth_GoTheSameWay()
    {
        await using var shop = await MigratedGateway.UpstreamAsync("shop", "X-Seen");
        await using var guide = await MigratedGateway.UpstreamAsync("guide", "X-Seen");
        var port = FreePorts.Next();
        var text = Config.Replace("SHOP", new Uri(shop.Url).Authority, StringComparison.Ordinal).Replace(
            "GUIDE",
            new Uri(guide.Url).Authority,
            StringComparison.Ordinal)
            .Replace("PORT", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) + "\n";
        await using var gateway = await MigratedGateway.StartAsync("haproxy", text);
        foreach (var (host, target, headers, expected) in Requests())
        {
            Assert.Equal(
                $"{host}{target} {expected}",
                $"{host}{target} {await MigratedGateway.AskAsync(gateway.Client, gateway.Url, "GET", host, target, headers)}");
        }

        // The same of HAProxy itself: what is expected above is what it does.
        Assert.SkipUnless(File.Exists(Program), "HAProxy is not installed: Debian's package is \"haproxy\".");
        using var folder = new TemporaryFolder();
        await using var process = new ChildProcess("haproxy", Program, ["-db", "-f", folder.Write("haproxy.cfg", text)]);
        await process.StartAsync(TestContext.Current.CancellationToken);
        var proxy = new Uri($"http://127.0.0.1:{port}");
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                Assert.True(process.IsRunning, process.Output);
                try
                {
                    return (await MigratedGateway.AskAsync(gateway.Client, proxy, "GET", "shop.example", "/")).StartsWith(
                        "200",
                        StringComparison.Ordinal);
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                    return false;
                }
            },
            TimeSpan.FromSeconds(20),
            "HAProxy answers");
        foreach (var (host, target, headers, expected) in Requests())
        {
            Assert.Equal(
                $"{host}{target} {expected}",
                $"{host}{target} {await MigratedGateway.AskAsync(gateway.Client, proxy, "GET", host, target, headers)}");
        }
    }
}
