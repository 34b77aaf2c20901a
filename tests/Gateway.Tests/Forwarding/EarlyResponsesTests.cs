using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Real servers that respond before they have read the request, and ones that talk in both directions at once.</summary>
[Trait("kind", "process")]
public class EarlyResponsesTests
{
    private const int Uploads = 14;
    private const int UploadSize = 5 * 1024 * 1024;

    private const string Gunicorn = """
        def app(environ, start_response):
            path = environ['PATH_INFO']
            status = '200 OK' if path == '/health' else {'/413': '413 Too Large', '/401': '401 Unauthorized', '/200': '200 OK', '/307': '307 Temporary Redirect'}[path]
            body = b'said ' + path[1:].encode()
            start_response(status, [('Content-Type', 'text/plain'), ('Content-Length', str(len(body))), ('Location', '/there')])
            return [body]
        """;

    // A path that ends with "close" closes its connection at once, as servers do that protect themselves.
    private const string Node = """
        const fs = require('fs');
        const serve = (req, res) => {
          const path = req.url.slice(1);
          if (path === 'health') return res.end('ok');
          if (path === 'echo') return req.pipe(res);
          const [status, close] = path.split('-');
          if (close) res.setHeader('Connection', 'close');
          res.writeHead(Number(status), { Location: '/there' });
          res.end('said ' + path);
          if (close) res.on('finish', () => req.socket.destroySoon());
        };
        const server = SCHEME;
        server.on('checkContinue', serve);
        server.listen(PORT, '127.0.0.1');
        """;

    public static TheoryData<string, string, bool> Servers()
    {
        var data = new TheoryData<string, string, bool>();
        foreach (var isHttp2 in new[] { false, true })
        {
            foreach (var path in new[] { "413", "401", "200", "307" })
            {
                data.Add("gunicorn", path, isHttp2);
                data.Add("node", path, isHttp2);
                data.Add("node", path + "-close", isHttp2);
                data.Add("node https", path, isHttp2);
                data.Add("node https", path + "-close", isHttp2);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Upload_ServerRespondsBeforeReadingIt_UserGetsThatAndNothingIsBlamed(string kind, string path, bool isHttp2)
    {
        await using var server = kind == "gunicorn" ? await ScriptServer.GunicornAsync(Gunicorn) : await NodeAsync(kind == "node https");
        await using var gateway = await StartAsync(server.Url, isHttp2);
        await gateway.BecomesAsync("up", "primary");
        var body = new byte[UploadSize];

        for (var i = 0; i < Uploads; i++)
        {
            var (status, text) = isHttp2
                ? await UploadByHttp2Async(gateway, "/" + path, body)
                : await UploadByHttp11Async(gateway, "/" + path, body, isChunked: i % 2 == 1);
            Assert.Equal((path[..3], "said " + path, i), (status.ToString(CultureInfo.InvariantCulture), text, i));
        }

        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
        Assert.Empty(await gateway.TransitionsAsync());
        // What follows on the same connections is served as ever.
        Assert.Equal(
            200,
            (await gateway.Client.GetAsync("/health", TestContext.Current.CancellationToken)) is { } after ? (int)after.StatusCode : 0);
    }

    [Theory]
    [InlineData("417", false)]
    [InlineData("401", false)]
    [InlineData("413", false)]
    [InlineData("413-close", false)]
    [InlineData("417", true)]
    [InlineData("413-close", true)]
    public async Task Expect_ServerRefuses_BodyIsNeverSent(string path, bool isTls)
    {
        await using var server = await NodeAsync(isTls);
        await using var gateway = await StartAsync(server.Url, isHttp2: false);

        for (var i = 0; i < Uploads; i++)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Url);
            await client.SendAsync($"POST /{path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {UploadSize}\r\n\r\n");
            var head = await client.ReadHeadAsync();
            Assert.StartsWith($"HTTP/1.1 {path[..3]} ", head, StringComparison.Ordinal);
        }

        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
        Assert.Empty(await gateway.TransitionsAsync());
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public async Task Echo_ServerTalksWhileItReads_FlowsInBothDirections(bool isChunked, bool isHttp2, bool isTls)
    {
        const int size = 50 * 1024 * 1024;
        await using var server = await NodeAsync(isTls);
        await using var gateway = await StartAsync(server.Url, isHttp2);
        var body = new byte[size];
        RandomNumberGenerator.Fill(body.AsSpan(0, 1024 * 1024));
        for (var at = 1024 * 1024; at < size; at += 1024 * 1024)
        {
            body.AsSpan(0, 1024 * 1024).CopyTo(body.AsSpan(at));
        }

        if (isHttp2)
        {
            using var client = Http2Client(gateway);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/echo")
            {
                Content = new DuplexContent(body, isChunked),
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact
            };
            using var response = await client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.Equal(
                Convert.ToHexString(SHA256.HashData(body)),
                Convert.ToHexString(await SHA256.HashDataAsync(stream, TestContext.Current.CancellationToken)));
        }
        else
        {
            await using var client = await RawClient.ConnectAsync(gateway.Url);
            var sending = SendAsync(client, "/echo", body, isChunked);
            Assert.Contains(" 200 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
            Assert.Equal(size, await client.CountChunkedAsync());
            await sending;
        }

        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    private static Task<InProcessGateway> StartAsync(string url, bool isHttp2)
    {
        // Probes that a busy machine delays are not what is tested here.
        var config = InProcessGateway.Config(
            [url],
            top: "limits: { requestBody: 100MiB }",
            cluster: "    timeouts: { firstByte: 20s }").Replace(
                "interval: 500ms, timeout: 400ms",
                "interval: 20s, timeout: 15s",
                StringComparison.Ordinal);
        return isHttp2 ? InProcessGateway.StartTlsAsync(config) : InProcessGateway.StartAsync(config);
    }

    private static async Task<ScriptServer> NodeAsync(bool isTls)
    {
        if (!isTls)
        {
            return await ScriptServer.NodeAsync(Node.Replace("SCHEME", "require('http').createServer(serve)", StringComparison.Ordinal));
        }

        using var certificate = TestAuthority.Issue("127.0.0.1");
        return await ScriptServer.NodeAsync(
            Node.Replace(
                "SCHEME",
                "require('https').createServer({ cert: fs.readFileSync('FOLDER/cert.pem'), key: fs.readFileSync('FOLDER/key.pem') }, "
                    + "serve)",
                StringComparison.Ordinal),
            new Dictionary<string, string>
            {
                ["cert.pem"] = certificate.ExportCertificatePem(),
                ["key.pem"] = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()
            },
            "https");
    }

    private static async Task<(int Status, string Body)> UploadByHttp11Async(
        InProcessGateway gateway,
        string target,
        byte[] body,
        bool isChunked)
    {
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        var sending = SendAsync(client, target, body, isChunked);
        var response = await client.ReadAsync("POST");
        await sending;
        return (response.Status, response.Body);
    }

    private static async Task SendAsync(RawClient client, string target, byte[] body, bool isChunked)
    {
        try
        {
            await client.SendAsync(
                $"POST {target} HTTP/1.1\r\nHost: a\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}")}"
                    + $"\r\n\r\n");
            for (var at = 0; at < body.Length; at += 64 * 1024)
            {
                var piece = body.AsMemory(at, Math.Min(64 * 1024, body.Length - at));
                if (isChunked)
                {
                    await client.SendAsync($"{piece.Length:x}\r\n");
                }

                await client.SendAsync(piece);
                if (isChunked)
                {
                    await client.SendAsync("\r\n");
                }
            }

            if (isChunked)
            {
                await client.SendAsync("0\r\n\r\n");
            }
        }
        catch (SocketException)
        {
            // The gateway has responded and closed the connection.
        }
    }

    private static async Task<(int Status, string Body)> UploadByHttp2Async(InProcessGateway gateway, string target, byte[] body)
    {
        using var client = Http2Client(gateway);
        using var request = new HttpRequestMessage(HttpMethod.Post, target)
        {
            Content = new ByteArrayContent(body),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>HttpClient reads the response beside the sending only of a content that is not one of its own.</summary>
    private sealed class DuplexContent(byte[] body, bool isChunked) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var at = 0; at < body.Length; at += 64 * 1024)
            {
                await stream.WriteAsync(body.AsMemory(at, Math.Min(64 * 1024, body.Length - at)));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return !isChunked;
        }
    }

    private static HttpClient Http2Client(InProcessGateway gateway) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = gateway.Url, Timeout = TimeSpan.FromSeconds(120) };
}
