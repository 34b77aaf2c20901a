using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary><c>clusters.NAME.tls</c>: every way to a destination makes its TLS connections by it.</summary>
[Trait("kind", "socket")]
public sealed class ClusterTlsTests : IDisposable
{
    private readonly PrivateAuthority _authority = new("private");
    private readonly PrivateAuthority _other = new("other");

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http2, "HTTP/2")]
    public async Task Destination_OfAPrivateAuthority_IsAskedUnderItsServerNameWithOurCertificate(HttpProtocols offered, string spoken)
    {
        await using var guide = await StartGuideAsync(offered, _authority.Issue("guide.internal"));
        await using var gateway = await StartAsync(
            guide,
            "ca: FOLDER/ca.pem, serverName: guide.internal, certificate: { file: FOLDER/own.pem, key: FOLDER/own.key }");

        await gateway.BecomesAsync("up", "primary");
        Assert.Equal("CN=gateway", (await gateway.GetAsync()).Body);
        Assert.Equal("CN=gateway", (await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")).Body);

        Assert.All(guide.Requests, asked => Assert.Equal(spoken, asked.Protocol));
        Assert.NotEmpty(guide.Probes);
        Assert.All(
            guide.Requests.Concat(guide.Probes),
            asked => Assert.Equal(($"127.0.0.1:{guide.Port}", "guide.internal"), (asked.Host, asked.Sni)));
    }

    [Fact]
    public async Task WebSocket_ToADestinationOfAPrivateAuthority_IsCarried()
    {
        await using var guide = await StartGuideAsync(HttpProtocols.Http1AndHttp2, _authority.Issue("guide.internal"));
        await using var gateway = await StartAsync(
            guide,
            "ca: FOLDER/ca.pem, serverName: guide.internal, certificate: { file: FOLDER/own.pem, key: FOLDER/own.key }");
        await gateway.BecomesAsync("up", "primary");
        using var socket = new ClientWebSocket();

        await socket.ConnectAsync(
            new UriBuilder(gateway.Url) { Scheme = "ws", Path = "/socket" }.Uri,
            TestContext.Current.CancellationToken);

        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("CN=gateway", Encoding.UTF8.GetString(buffer, 0, received.Count));
        Assert.Equal("guide.internal", Assert.Single(guide.Requests).Sni);
    }

    [Theory]
    [InlineData("tcp", "other authority", "TLS: certificate not trusted")]
    [InlineData("http", "other authority", "TLS: certificate not trusted")]
    [InlineData("grpc", "other authority", "TLS: certificate not trusted")]
    [InlineData("http", "the system's authority", "TLS: certificate not trusted")]
    [InlineData("tcp", "ended", "TLS: certificate expired")]
    [InlineData("http", "ended", "TLS: certificate expired")]
    [InlineData("tcp", "other name", "TLS: certificate for another name")]
    [InlineData("http", "other name", "TLS: certificate for another name")]
    [InlineData("http", "old TLS", "TLS: handshake failed")]
    public async Task Destination_CertificateThatDoesNotVerify_IsDownAndSaysWhy(string probe, string which, string said)
    {
        var certificate = which switch
        {
            "other authority" => _other.Issue("guide.internal"),
            "the system's authority" => TestAuthority.Issue("guide.internal"),
            "ended" => _authority.IssueEnded("guide.internal"),
            "other name" => _authority.Issue("127.0.0.1"),
            _ => _authority.Issue("guide.internal"),
        };
        await using var guide = await StartGuideAsync(
            HttpProtocols.Http1AndHttp2,
            certificate,
            https => https.SslProtocols = which == "old TLS" ? SslProtocols.Tls12 : SslProtocols.None);
        await using var spare = new ScriptedUpstream();
        await using var gateway = await StartAsync(
            guide,
            $"ca: FOLDER/ca.pem, serverName: guide.internal{(which == "old TLS" ? ", minTls: \"1.3\"" : "")}",
            probe,
            spare.Url);

        await gateway.BecomesAsync("down", "primary");

        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("clusters").ToString().Contains(said, StringComparison.Ordinal),
            TimeSpan.FromSeconds(60), said);
        Assert.Empty(guide.Requests);
    }

    [Fact]
    public async Task Files_Renewed_NewConnectionsUseThemAndBrokenOnesChangeNothing()
    {
        await using var guide = await StartGuideAsync(HttpProtocols.Http1AndHttp2, _other.Issue("guide.internal"));
        await using var gateway = await StartAsync(guide, "ca: FOLDER/ca.pem, serverName: guide.internal");
        await gateway.BecomesAsync("down", "primary");

        await File.WriteAllTextAsync(gateway.PathOf("ca.pem"), _other.Pem, TestContext.Current.CancellationToken);
        await gateway.BecomesAsync("up", "primary");

        await File.WriteAllTextAsync(gateway.PathOf("ca.pem"), "rubbish", TestContext.Current.CancellationToken);
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("alarms").ToString().Contains("of cluster", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), "an alarm names the cluster");
        Assert.Equal(200, (await gateway.GetAsync()).Status);
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Fact]
    public async Task Configuration_Reloaded_ProbesAndRequestsFollow()
    {
        await using var guide = await StartGuideAsync(HttpProtocols.Http1, _authority.Issue("guide.internal"));
        await using var gateway = await StartAsync(guide, "ca: FOLDER/ca.pem, serverName: guide.test");
        await gateway.BecomesAsync("down", "primary");

        var text = await File.ReadAllTextAsync(gateway.ConfigFile, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            gateway.ConfigFile,
            text.Replace("guide.test", "guide.internal", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);

        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);
        await gateway.BecomesAsync("up", "primary");
        Assert.Equal(200, (await gateway.GetAsync()).Status);
        Assert.All(guide.Requests, static asked => Assert.Equal("guide.internal", asked.Sni));
    }

    private static Task<KestrelUpstream> StartGuideAsync(
        HttpProtocols offered,
        System.Security.Cryptography.X509Certificates.X509Certificate2 certificate,
        Action<HttpsConnectionAdapterOptions>? configure = null) =>
        KestrelUpstream.StartAsync(
            static async context =>
            {
                var subject = context.Connection.ClientCertificate?.Subject ?? "none";
                if (!context.WebSockets.IsWebSocketRequest)
                {
                    await context.Response.WriteAsync(subject);
                    return;
                }

                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.SendAsync(
                    Encoding.UTF8.GetBytes(subject),
                    WebSocketMessageType.Text,
                    endOfMessage: true,
                    context.RequestAborted);
                await socket.ReceiveAsync(new byte[10], context.RequestAborted);
            },
            offered,
            certificate,
            https: https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = static (_, _, _) => true;
                configure?.Invoke(https);
            });

    private Task<InProcessGateway> StartAsync(KestrelUpstream guide, string tls, string probe = "http", string? spare = null)
    {
        var (certificate, key) = _authority.IssuePem("gateway");
        return InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], spare is null ? null : [spare], cluster: $"    tls: {{ {tls} }}").Replace(
                "probe: { interval",
                $"probe: {{ type: {probe}, interval",
                StringComparison.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ca.pem"] = _authority.Pem,
                ["own.pem"] = certificate,
                ["own.key"] = key
            });
    }
}
