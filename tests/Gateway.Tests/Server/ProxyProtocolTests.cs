using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>A listener with <c>proxyProtocol: true</c>: by hand, and behind a real HAProxy.</summary>
[Trait("kind", "process")]
public sealed class ProxyProtocolTests
{
    private const string Listen = "  - { url: \"http://127.0.0.1:0\", proxyProtocol: true }";
    private const string TlsListen =
        "  - { url: \"https://127.0.0.1:0\", proxyProtocol: true, certificate: { file: FOLDER/cert.pem, key: FOLDER/key.pem } }";
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private const string Haproxy = "/usr/sbin/haproxy";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "PROXY TCP4 203.0.113.9 198.51.100.1 5000 80\r\n", "203.0.113.9")]
    [InlineData("", "PROXY TCP6 2001:db8::9 2001:db8::1 5000 80\r\n", "2001:db8::9")]
    [InlineData("", "PROXY UNKNOWN\r\n", "127.0.0.1")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]", "PROXY TCP4 203.0.113.9 198.51.100.1 5000 80\r\n", "203.0.113.9")]
    [InlineData("trustedProxies: [ 10.0.0.0/8 ]", "PROXY TCP4 203.0.113.9 198.51.100.1 5000 80\r\n", "127.0.0.1")]
    public async Task Header_NamesTheClient_ForTheDestination(string top, string header, string client)
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], top: top, listen: Listen));
        var response = await SendAsync(gateway.Url, header + Request);
        Assert.StartsWith("HTTP/1.1 200 ", response, StringComparison.Ordinal);
        Assert.Equal([client], Forwarded(upstream).Header("X-Forwarded-For"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 203.0.113.9 198.51.100.1 5000\r\n")]
    public async Task NoHeader_ClosesTheConnectionWithoutAResponse(string header)
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], listen: Listen));
        Assert.Equal("", await SendAsync(gateway.Url, header + Request));
        Assert.DoesNotContain(upstream.Requests, static request => request.Target is "/");
    }

    [Fact]
    public async Task HeaderThatStops_ClosesTheConnectionInTime()
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [upstream.Url],
                top: "limits: { headersTimeout: 200ms }",
                listen: Listen));
        Assert.Equal("", await SendAsync(gateway.Url, "PROXY TCP4 203.0"));
    }

    [Fact]
    public async Task Tls_HeaderComesBeforeTheHandshake()
    {
        var (certificate, key) = Certificates.Create("localhost");
        await using var upstream = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([upstream.Url], listen: TlsListen),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["cert.pem"] = certificate, ["key.pem"] = key });
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.Url.Host, gateway.Url.Port, Cancel);
        await socket.GetStream().WriteAsync("PROXY TCP4 203.0.113.9 198.51.100.1 5000 443\r\n"u8.ToArray(), Cancel);
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Cancel);
        await tls.WriteAsync(Encoding.ASCII.GetBytes(Request), Cancel);
        using var reader = new StreamReader(tls);
        Assert.StartsWith("HTTP/1.1 200 ", await reader.ReadToEndAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(["203.0.113.9"], Forwarded(upstream).Header("X-Forwarded-For"));
    }

    [Theory]
    [InlineData("send-proxy")]
    [InlineData("send-proxy-v2")]
    [InlineData("send-proxy-v2 proxy-v2-options crc32c,unique-id")]
    public async Task Haproxy_NamesItsOwnClient(string option)
    {
        Assert.SkipUnless(File.Exists(Haproxy), "HAProxy is not installed: Debian's package is \"haproxy\".");
        await using var upstream = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], listen: Listen));
        using var folder = new Gateway.Tests.Configuration.TemporaryFolder();
        var port = FreePorts.Next();
        var file = folder.Write("haproxy.cfg", $"""
            defaults
              mode tcp
              timeout connect 5s
              timeout client 20s
              timeout server 20s
            frontend users
              bind 127.0.0.1:{port}
              default_backend gateway
            backend gateway
              server one 127.0.0.1:{gateway.Url.Port} {option}

            """);
        await using var haproxy = new ChildProcess("haproxy", Haproxy, ["-db", "-f", file]);
        await haproxy.StartAsync(Cancel);
        var response = "";
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                try
                {
                    // Another address of loopback than HAProxy's own.
                    response = await SendAsync(new Uri($"http://127.0.0.1:{port}"), Request, IPAddress.Parse("127.0.0.77"));
                    return response.Length > 0;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(20),
            "HAProxy hands a request on");
        Assert.StartsWith("HTTP/1.1 200 ", response, StringComparison.Ordinal);
        Assert.Equal(["127.0.0.77"], Forwarded(upstream).Header("X-Forwarded-For"));
    }

    private static UpstreamRequest Forwarded(ScriptedUpstream upstream) => upstream.Requests.Last(static request => request.Target is "/");

    private static async Task<string> SendAsync(Uri url, string text, IPAddress? from = null)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        await socket.ConnectAsync(IPAddress.Loopback, url.Port, Cancel);
        await socket.SendAsync(Encoding.Latin1.GetBytes(text), Cancel);
        var (response, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            for (int count; (count = await socket.ReceiveAsync(buffer, Cancel)) > 0;)
            {
                response.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with bytes unread.
        }

        return response.ToString();
    }
}
