using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "socket")]
public sealed class ProberTests : IAsyncDisposable
{
    private readonly RawServer _server = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Probe_OfOneAddressOfAName_AsksForTheNameInTls()
    {
        var (certificate, key) = Certificates.Create("guide.test");
        using var own = X509Certificate2.CreateFromPem(certificate, key);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var asked = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var serving = ServeAsync();
        using var prober = new Prober(
            new Destination("c", "t", "guide@127.0.0.1", new Uri($"https://127.0.0.1:{port}"), $"guide.test:{port}"),
            TimeProvider.System);

        await prober.ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(20) }, TestContext.Current.CancellationToken);

        Assert.Equal("guide.test", await asked.Task);
        await serving;

        async Task ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await using var tls = new SslStream(client.GetStream());
            try
            {
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificateSelectionCallback = (_, name) =>
                        {
                            asked.TrySetResult(name);
                            return own;
                        },
                    },
                    TestContext.Current.CancellationToken);
                await tls.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken);
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                // The prober does not trust this certificate; the name was asked for before that.
            }
        }
    }

    [Fact]
    public async Task Probe_GoodResponse_PassesAndSaysWhoAsks()
    {
        var result = await ProbeAsync(new ProbeConfig { Path = "/health?deep=1" });
        Assert.Equal((ProbeOutcome.Passed, 200), (result.Outcome, result.Status));
        Assert.StartsWith("GET /health?deep=1 HTTP/1.1\r\n", _server.LastRequest, StringComparison.Ordinal);
        Assert.Contains("User-Agent: gateway-probe\r\n", _server.LastRequest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_EachOne_ProvesThatAConnectionCanBeMade()
    {
        _server.Behaviour = _server.Raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", RawServer.Freeze);
        using var prober = new Prober(DestinationOf(_server.Url), TimeProvider.System);
        for (var count = 1; count <= 3; count++)
        {
            Assert.True((await prober.ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(20) }, Cancel)).Passed);
            Assert.Equal(count, _server.Connections);
        }
    }

    [Theory]
    [InlineData(200, (int)ProbeOutcome.Passed)]
    [InlineData(302, (int)ProbeOutcome.Passed)]
    [InlineData(404, (int)ProbeOutcome.WrongStatus)]
    [InlineData(500, (int)ProbeOutcome.WrongStatus)]
    [InlineData(503, (int)ProbeOutcome.WrongStatus)]
    public async Task Probe_ByStatus_IsJudged(int status, int outcome)
    {
        _server.Behaviour = _server.Respond(status, "ok", "Location: http://127.0.0.1:1/elsewhere\r\n");
        Assert.Equal((ProbeOutcome)outcome, (await ProbeAsync(new ProbeConfig())).Outcome);
        Assert.Equal(1, _server.Connections);
    }

    [Theory]
    [InlineData("all ok here", (int)ProbeOutcome.Passed)]
    [InlineData("all bad here", (int)ProbeOutcome.WrongBody)]
    public async Task Probe_ByBody_IsJudged(string body, int outcome)
    {
        _server.Behaviour = _server.Respond(200, body);
        Assert.Equal((ProbeOutcome)outcome, (await ProbeAsync(new ProbeConfig { ExpectBody = "ok" })).Outcome);
    }

    [Fact]
    public async Task Probe_TextBeyond64KiB_IsNotLookedFor()
    {
        _server.Behaviour = _server.Respond(200, new string('x', 65 * 1024) + "ok");
        Assert.Equal(ProbeOutcome.WrongBody, (await ProbeAsync(new ProbeConfig { ExpectBody = "ok" })).Outcome);
    }

    [Fact]
    public async Task Probe_BodyOf10MB_IsNotReadToItsEnd()
    {
        long sent = 0;
        _server.Behaviour = _server.Raw("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n", async (socket, stop) =>
        {
            for (var chunk = 0; chunk < 10_000; chunk++)
            {
                sent += await socket.SendAsync(new byte[1000], System.Net.Sockets.SocketFlags.None, stop);
            }
        });
        Assert.True((await ProbeAsync(new ProbeConfig())).Passed);
        Assert.True(Volatile.Read(ref sent) < 10_000_000);
    }

    [Fact]
    public async Task Probe_Refused_IsNotReached()
    {
        await _server.KillAsync();
        Assert.Equal(ProbeOutcome.NotReached, (await ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(5) })).Outcome);
    }

    [Fact]
    public async Task Probe_Frozen_TimesOut()
    {
        _server.Behaviour = RawServer.Freeze;
        var result = await ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal(ProbeOutcome.TimedOut, result.Outcome);
        Assert.True(result.Duration >= TimeSpan.FromMilliseconds(190));
    }

    [Fact]
    public async Task Probe_BodyHangs_TimesOut()
    {
        _server.Behaviour = _server.Raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", RawServer.Freeze);
        Assert.Equal(ProbeOutcome.TimedOut, (await ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromMilliseconds(200) })).Outcome);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok")]
    [InlineData("")]
    public async Task Probe_BrokenResponse_IsBroken(string response)
    {
        _server.Behaviour = _server.Raw(response);
        Assert.Equal(ProbeOutcome.Broken, (await ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(5) })).Outcome);
    }

    [Fact]
    public async Task Probe_Reset_FailsAndTheNextOnePasses()
    {
        using var prober = new Prober(DestinationOf(_server.Url), TimeProvider.System);
        _server.Behaviour = RawServer.Reset;
        Assert.False((await prober.ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(5) }, Cancel)).Passed);
        _server.Behaviour = _server.Respond(200, "ok");
        Assert.True((await prober.ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(5) }, Cancel)).Passed);
    }

    /// <summary>What forecasts are made of, beside the time of the whole probe.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Probe_TellsTheConnectionsTime_AndTheCertificatesEnd(bool isTls)
    {
        using var certificate = TestAuthority.Issue("127.0.0.1");
        await using var guide = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("ok"), HttpProtocols.Http1, isTls ? certificate : null);
        using var prober = new Prober(DestinationOf(new Uri(guide.Url)), TimeProvider.System);

        var result = await prober.ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(20) }, Cancel);

        Assert.True(result.Passed, result.Words);
        Assert.InRange(result.Connect, TimeSpan.FromTicks(1), result.Duration);
        DateTimeOffset? endsAt = isTls ? new DateTimeOffset(certificate.NotAfter) : null;
        Assert.Equal(endsAt, result.CertificateEndsAt);
    }

    [Fact]
    public async Task Probe_TlsAgainstPlainHttp_IsNotReached()
    {
        _server.Behaviour = async (socket, stop) => await socket.SendAsync(
            "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(),
            System.Net.Sockets.SocketFlags.None,
            stop);
        using var prober = new Prober(DestinationOf(new Uri($"https://127.0.0.1:{_server.Port}")), TimeProvider.System);
        Assert.Equal(
            ProbeOutcome.NotReached,
            (await prober.ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(5) }, Cancel)).Outcome);
    }

    [Theory]
    [InlineData("http://h:1", "/health", "http://h:1/health")]
    [InlineData("http://h:1/", "/health", "http://h:1/health")]
    [InlineData("http://h:1/base/", "/health", "http://h:1/base/health")]
    [InlineData("http://h:1/base", "/health?x=1", "http://h:1/base/health?x=1")]
    public void Address_JoinsBothPaths(string destination, string path, string address) =>
        Assert.Equal(address, ProbeExchange.AddressOf(new Uri(destination), path).AbsoluteUri);

    private async Task<ProbeResult> ProbeAsync(ProbeConfig probe)
    {
        using var prober = new Prober(DestinationOf(_server.Url), TimeProvider.System);
        return await prober.ProbeAsync(probe, Cancel);
    }

    private static Destination DestinationOf(Uri url) => new("guide", "primary", "a", url);
}
