using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

[Trait("kind", "socket")]
public class TlsTests
{
    [Fact]
    public async Task Http2_OverTls_IsNegotiatedAndProxied()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            Assert.Equal(5, (await r.ReadBodyAsync()).Length);
            await r.RespondAsync("ok");
        });
        await using var gateway = await StartAsync([guide.Url], NewCertificate("one"));
        using var client = Http2(gateway, _ => true);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/order")
        {
            Content = new StringContent("hello"),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        request.Headers.Add("Cookie", "a=1; b=2");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["a=1; b=2"], guide.Last.Header("Cookie"));
        Assert.Equal(["2.0 gateway"], guide.Last.Header("Via"));
        Assert.Equal(["https"], guide.Last.Header("X-Forwarded-Proto"));
        Assert.Equal("1.1 gateway", response.Headers.Via.ToString());
    }

    [Fact]
    public async Task Http2_ResponseIsCut_TheStreamIsReset()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            r.Close();
        });
        await using var gateway = await StartAsync([guide.Url], NewCertificate("one"));
        using var client = Http2(gateway, _ => true);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Http2_ClientLeavesHalfWayUp_BlamesNobody()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync([guide.Url], NewCertificate("one"));
        using var client = Http2(gateway, _ => true);
        for (var i = 0; i < 5; i++)
        {
            using var leave = new CancellationTokenSource();
            var asked = guide.Requests.Count;
            var body = new StreamContent(new EndlessStream());
            var sending = client.PostAsync("/upload", body, leave.Token);
            await Eventually.BeTrueAsync(() => guide.Requests.Count > asked, TimeSpan.FromSeconds(30), "the upload has begun");
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        }

        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_requests_total", ("outcome", "refused"))
                + await gateway.MetricAsync("gateway_requests_total", ("outcome", "aborted")) >= 5,
            TimeSpan.FromSeconds(30),
            "they are counted as the client's");
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Fact]
    public async Task EventStream_OverHttp2IsCut_SaysSoAndIsReset()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("data: a\n\ndata: ha");
            r.Close();
        });
        await using var gateway = await StartAsync([guide.Url], NewCertificate("one"), "    stream: { onInterrupt: error }");
        using var client = Http2(gateway, _ => true);
        using var response = await client.GetAsync(
            "/chat", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var text = new StringBuilder();

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            var buffer = new byte[1000];
            while (true)
            {
                var count = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
                Assert.NotEqual(0, count);
                text.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }
        });

        Assert.StartsWith("data: a\n\nevent: error\ndata: {", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_Rotated_NewOneIsServedAndRubbishIsNot()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync([guide.Url], NewCertificate("one"));
        Assert.Equal("CN=one", await SubjectAsync(gateway));

        // The certificate alone, as half-renewed files have it, then its key.
        var second = NewCertificate("two");
        await File.WriteAllTextAsync(gateway.PathOf("cert.pem"), second.Certificate, TestContext.Current.CancellationToken);
        await AlarmsAsync(gateway, 1);
        Assert.Equal("CN=one", await SubjectAsync(gateway));
        await File.WriteAllTextAsync(gateway.PathOf("key.pem"), second.Key, TestContext.Current.CancellationToken);
        await Eventually.BecomeTrueAsync(
            async () => await SubjectAsync(gateway) == "CN=two",
            TimeSpan.FromSeconds(5),
            "the new certificate is served");
        await AlarmsAsync(gateway, 0);

        await File.WriteAllTextAsync(gateway.PathOf("cert.pem"), "rubbish", TestContext.Current.CancellationToken);
        await AlarmsAsync(gateway, 1);
        Assert.Equal("CN=two", await SubjectAsync(gateway));
        await File.WriteAllTextAsync(gateway.PathOf("cert.pem"), second.Certificate, TestContext.Current.CancellationToken);
        await AlarmsAsync(gateway, 0);
    }

    private static Task AlarmsAsync(InProcessGateway gateway, int count) => Eventually.BecomeTrueAsync(
        async () => (await gateway.StatusAsync()).GetProperty("alarms").GetArrayLength() == count, TimeSpan.FromSeconds(3),
        $"{count} alarms are raised");

    private static async Task<string> SubjectAsync(InProcessGateway gateway)
    {
        var subject = "";
        using var client = Http2(gateway, certificate =>
        {
            subject = certificate.Subject;
            return true;
        });
        using var response = await client.GetAsync("/", TestContext.Current.CancellationToken);
        return subject;
    }

    private static HttpClient Http2(InProcessGateway gateway, Func<X509Certificate2, bool> accept) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => accept(new X509Certificate2(certificate!))
        },
    })
    {
        BaseAddress = gateway.Url,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static Task<InProcessGateway> StartAsync(string[] primary, (string Certificate, string Key) pair, string route = "") =>
        InProcessGateway.StartAsync(
        InProcessGateway.Config(
            primary,
            route: route,
            listen: "  - { url: \"https://127.0.0.1:0\", certificate: { file: FOLDER/cert.pem, key: FOLDER/key.pem } }"),
        new Dictionary<string, string> { ["cert.pem"] = pair.Certificate, ["key.pem"] = pair.Key });

    private static (string Certificate, string Key) NewCertificate(string name) => Certificates.Create(name);

    /// <summary>A body that never ends, at a few pieces a second.</summary>
    private sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            var count = Math.Min(buffer.Length, 50_000);
            buffer.Span[..count].Fill(1);
            return count;
        }

        public override bool CanSeek => false;
    }
}
