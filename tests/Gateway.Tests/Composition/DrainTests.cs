using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Composition;

/// <summary>What SIGTERM does before anything closes: balancers see it, clients are told, nothing fails.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Drain_Http11_StillAnswersAndEndsEachConnection()
    {
        await using var guide = new ScriptedUpstream(static async request =>
        {
            await request.ReadBodyAsync();
            await request.AnswerAsync("served");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "drain: 5m"));
        await using var before = await RawClient.ConnectAsync(gateway.Url);
        await before.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Empty((await before.ReadAsync()).Header("Connection"));
        await using var idle = await RawClient.ConnectAsync(gateway.Url);

        // 1. Not ready at once, and everything is served all the same: on kept and on new connections, with and without a body.
        using var hurry = new CancellationTokenSource();
        var draining = gateway.DrainAsync(hurry.Token);
        Assert.Equal(503, await gateway.AdminStatusAsync("/readyz"));
        Assert.Equal(200, await gateway.AdminStatusAsync("/livez"));
        await before.SendAsync("POST /order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        AssertLast(await before.ReadAsync());
        AssertLast(await gateway.GetAsync());
        Assert.False(draining.IsCompleted);

        // 2. Then the ports close. Who had connected by then is still answered.
        await hurry.CancelAsync();
        await draining.WaitAsync(Patience, Cancel);
        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(gateway.Url));
        await idle.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        AssertLast(await idle.ReadAsync());

        static void AssertLast(RawAnswer answer)
        {
            Assert.Equal(200, answer.Status);
            Assert.Equal("served", answer.Body);
            Assert.Equal(["close"], answer.Header("Connection"));
        }
    }

    [Fact]
    public async Task Drain_Http2_TheNextRequestTakesANewConnection()
    {
        await using var guide = new ScriptedUpstream();
        var (certificate, key) = Certificates.Create("gateway.test");
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], top: "drain: 5m", listen: "  - { url: \"https://127.0.0.1:0\", certificate: { file: FOLDER/cert.pem, key: FOLDER/key.pem } }"),
            new Dictionary<string, string> { ["cert.pem"] = certificate, ["key.pem"] = key });
        var connections = 0;
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            ConnectCallback = async (context, cancel) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = gateway.Url,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("ok", await client.GetStringAsync("/", Cancel));
        }

        Assert.Equal(1, connections);

        using var hurry = new CancellationTokenSource();
        var draining = gateway.DrainAsync(hurry.Token);
        await Eventually.BecomeTrueAsync(
            async () => await client.GetStringAsync("/", Cancel) == "ok" && Volatile.Read(ref connections) >= 3, Patience, "GOAWAY sends each request over a connection of its own");
        await hurry.CancelAsync();
        await draining.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task SecondSignal_EndsTheWaitAtOnce()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 1, Config = [("drain", "5m")] }, Cancel);
        await using var client = await RawClient.ConnectAsync(new Uri(bed.Gateway.Url));
        await client.SendAsync("GET /slow-body?n=600&ms=100&chunked=1 HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();

        bed.Gateway.Send(Signals.Terminate);
        await Eventually.BecomeTrueAsync(async () => !await bed.Gateway.IsReadyAsync(Cancel), Patience, "it is not ready");
        Assert.True(bed.Gateway.IsRunning);
        bed.Gateway.Send(Signals.Terminate);

        await bed.Gateway.Ended.WaitAsync(Patience, Cancel);
        Assert.Equal(0, bed.Gateway.ExitCode);
    }

    [Fact]
    public async Task CtrlC_DoesNotWaitForABalancer()
    {
        // A shell's background job ignores Ctrl+C, and so does all that it starts.
        var ignored = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        Assert.SkipWhen((Convert.ToInt32(ignored[^1..], 16) & 2) != 0, "SIGINT is ignored here: the tests run in the background of a shell.");
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 1, Config = [("drain", "5m")] }, Cancel);
        bed.Gateway.Send(Signals.Interrupt);
        await bed.Gateway.Ended.WaitAsync(Patience, Cancel);
        Assert.Equal(0, bed.Gateway.ExitCode);
    }
}
