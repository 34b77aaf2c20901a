using System.Globalization;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Cli.Migration;

/// <summary>
/// The same requests to nginx and to a gateway with nginx's configuration migrated: both ask the same destination for the same thing.
/// </summary>
[Trait("kind", "server")]
public sealed class NginxRoutingTests
{
    private const string Shop = """
        upstream shop { least_conn; server SHOP weight=2; }
        upstream guide { server GUIDE; }
        server {
            listen 127.0.0.1:PORT;
            server_name shop.example;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            location / { proxy_pass http://shop; }
            location /api/ { proxy_pass http://guide/; }
            location /v1/ { proxy_pass http://guide/v2/; }
            location /keep/ { proxy_pass http://guide; }
            location /cut { proxy_pass http://guide/put; }
            location = /exact { proxy_pass http://guide/internal/exact; }
            location /moved { return 301 /new$request_uri; }
            location /away { return 302 https://other.example/here; }
            location /secret/ { deny all; }
        }
        """;

    private const string Sites = """
        upstream shop { server SHOP; }
        upstream guide { server GUIDE; }
        server { listen 127.0.0.1:PORT default_server; server_name _; location / { proxy_pass http://shop/other/; } }
        server {
            listen 127.0.0.1:PORT;
            server_name guide.example *.guide.example;
            location / { proxy_pass http://guide; proxy_set_header X-Real-IP "$host-$remote_addr"; }
            location /v1/ { rewrite ^/v1/(.*)$ /$1 break; proxy_pass http://guide; }
            location ~ ^/v3/[0-9]+$ { proxy_pass http://shop; }
            location /only { allow 10.0.0.0/8; deny all; proxy_pass http://guide; }
            location /here { allow 127.0.0.0/8; deny all; proxy_pass http://guide; }
        }
        """;

    private const string Variables = """
        server {
            listen 127.0.0.1:PORT;
            set $web http://SHOP;
            set $guide "GUIDE";
            location / { proxy_pass $web; }
            location /web/ { proxy_pass http://${guide}; }
            location /guide/ { proxy_pass http://GUIDE/deep/er/; proxy_set_header X-Real-IP ""; }
            rewrite ^/gone$ /there permanent;
        }
        """;

    public static TheoryData<string, string, string, string> Requests() => new()
    {
        { Shop, "shop.example", "/", "200 shop / 127.0.0.1" },
        { Shop, "shop.example", "/a/b?c=d%20e&f", "200 shop /a/b?c=d%20e&f 127.0.0.1" },
        { Shop, "unknown.example", "/x", "200 shop /x 127.0.0.1" },
        { Shop, "shop.example", "/api/a?b=c", "200 guide /a?b=c 127.0.0.1" },
        { Shop, "shop.example", "/api/", "200 guide / 127.0.0.1" },
        { Shop, "shop.example", "/v1/a/b", "200 guide /v2/a/b 127.0.0.1" },
        { Shop, "shop.example", "/keep/a", "200 guide /keep/a 127.0.0.1" },
        { Shop, "shop.example", "/cut/a", "200 guide /put/a 127.0.0.1" },
        { Shop, "shop.example", "/exact?q=1", "200 guide /internal/exact?q=1 127.0.0.1" },
        { Shop, "shop.example", "/exact/not", "200 shop /exact/not 127.0.0.1" },
        { Shop, "shop.example", "/moved/a", "301 /new/moved/a" },
        { Shop, "shop.example", "/away", "302 https://other.example/here" },
        { Shop, "shop.example", "/secret/a", "403" },
        { Sites, "anything.example", "/x", "200 shop /other/x" },
        { Sites, "guide.example", "/x", "200 guide /x guide.example-127.0.0.1" },
        { Sites, "deep.er.guide.example", "/x", "200 guide /x deep.er.guide.example-127.0.0.1" },
        { Sites, "guide.example", "/v1/x?y=z", "200 guide /x?y=z" },
        { Sites, "guide.example", "/v3/17", "200 shop /v3/17" },
        { Sites, "guide.example", "/v3/a", "200 guide /v3/a guide.example-127.0.0.1" },
        { Sites, "guide.example", "/only/x", "403" },
        { Sites, "guide.example", "/here/x", "200 guide /here/x" },
        { Variables, "a.example", "/x", "200 shop /x" },
        { Variables, "a.example", "/web/x", "200 guide /web/x" },
        { Variables, "a.example", "/guide/x", "200 guide /deep/er/x" },
        { Variables, "a.example", "/gone", "301 /there" },
    };

    [Theory]
    [InlineData(Shop)]
    [InlineData(Sites)]
    [InlineData(Variables)]
    public async Task Requests_ToBoth_GoTheSameWay(string config)
    {
        await using var shop = await MigratedGateway.UpstreamAsync("shop", "X-Real-IP");
        await using var guide = await MigratedGateway.UpstreamAsync("guide", "X-Real-IP");
        var port = FreePorts.Next();
        var text = config.Replace("SHOP", new Uri(shop.Url).Authority, StringComparison.Ordinal).Replace(
            "GUIDE",
            new Uri(guide.Url).Authority,
            StringComparison.Ordinal)
            .Replace("PORT", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await using var gateway = await MigratedGateway.StartAsync("nginx", text);
        foreach (var (_, host, target, expected) in Requests().Select(static row => row.Data).Where(row => row.Item1 == config))
        {
            Assert.Equal(expected, await MigratedGateway.AskAsync(gateway.Client, gateway.Url, "GET", host, target));
        }

        // The same of nginx itself: what is expected above is what it does.
        await using var nginx = await NginxServer.StartAsync(new Dictionary<string, byte[]>(), http: text);
        foreach (var (_, host, target, expected) in Requests().Select(static row => row.Data).Where(row => row.Item1 == config))
        {
            var given = await MigratedGateway.AskAsync(gateway.Client, new Uri($"http://127.0.0.1:{port}"), "GET", host, target);
            Assert.Equal(
                $"{host}{target} {expected}",
                $"{host}{target} "
                    + $"{given.Replace($"http://{host}:{port}", "", StringComparison.Ordinal)
                        .Replace($"http://{host}", "", StringComparison.Ordinal)}");
        }
    }
}
