using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>What SIGTERM does before anything closes: balancers see it, clients are told, nothing fails.</summary>
[Trait("kind", "process")]
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
            await request.RespondAsync("served");
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

        static void AssertLast(RawResponse response)
        {
            Assert.Equal(200, response.Status);
            Assert.Equal("served", response.Body);
            Assert.Equal(["close"], response.Header("Connection"));
        }
    }

    [Fact]
    public async Task Drain_Http2_TheNextRequestTakesANewConnection()
    {
        await using var guide = new ScriptedUpstream();
        var (certificate, key) = Certificates.Create("gateway.test");
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config(
                [guide.Url],
                top: "drain: 5m",
                listen: "  - { url: \"https://127.0.0.1:0\", certificate: { file: FOLDER/cert.pem, key: FOLDER/key.pem } }"),
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
            async () => await client.GetStringAsync("/", Cancel) == "ok" && Volatile.Read(ref connections) >= 3, Patience,
            "GOAWAY sends each request over a connection of its own");
        await hurry.CancelAsync();
        await draining.WaitAsync(Patience, Cancel);
    }

    /// <summary>
    /// Clients that connect anew for each request, while the port closes: each is answered or finds no port, and none is reset.
    /// </summary>
    [Fact]
    public async Task Drain_UnderClientsThatConnectAnew_ResetsNobody()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "drain: 300ms"));
        var (answered, broken) = (0, new System.Collections.Concurrent.ConcurrentQueue<string>());
        using var end = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 16).Select(_ => AskAnewAsync()).ToArray();
        await Eventually.BecomeTrueAsync(() => Task.FromResult(Volatile.Read(ref answered) > 100), Patience, "the clients are at work");

        await gateway.DrainAsync(Cancel).WaitAsync(Patience, Cancel);
        await gateway.StopAsync().WaitAsync(Patience, Cancel);
        await end.CancelAsync();
        await Task.WhenAll(clients).WaitAsync(Patience, Cancel);
        Assert.Empty(broken);

        async Task AskAnewAsync()
        {
            while (!end.IsCancellationRequested)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, gateway.Url.Port, end.Token);
                }
                catch (Exception e) when (e is SocketException or OperationCanceledException)
                {
                    // The port is closed, or does not answer any more.
                    return;
                }

                try
                {
                    await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
                    var buffer = new byte[1024];
                    if (await socket.ReceiveAsync(buffer) > 0)
                    {
                        Interlocked.Increment(ref answered);
                    }
                    else
                    {
                        broken.Enqueue("closed without a response");
                    }
                }
                catch (SocketException e)
                {
                    broken.Enqueue(e.SocketErrorCode.ToString());
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_WithAnOpenWebSocket_SaysGoingAwayAndDoesNotWait(bool http2)
    {
        await using var guide = await KestrelUpstream.StartAsync(Forwarding.Http2WebSocketTests.EchoAsync);
        var config = InProcessGateway.Config([guide.Url], top: "drain: 0s");
        await using var gateway = http2 ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true }
        });
        if (http2)
        {
            socket.Options.HttpVersion = HttpVersion.Version20;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = http2 ? "wss" : "ws" }.Uri, invoker, Cancel);
        await socket.SendAsync("hello"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, endOfMessage: true, Cancel);
        var buffer = new byte[1024];
        Assert.Equal(5, (await socket.ReceiveAsync(buffer.AsMemory(), Cancel)).Count);

        var began = TimeProvider.System.GetTimestamp();
        var stopping = Task.Run(async () =>
        {
            await gateway.DrainAsync(Cancel);
            await gateway.StopAsync();
        }, Cancel);
        Assert.Equal(System.Net.WebSockets.WebSocketMessageType.Close, (await socket.ReceiveAsync(buffer.AsMemory(), Cancel)).MessageType);
        Assert.Equal(System.Net.WebSockets.WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
        await socket.CloseOutputAsync(System.Net.WebSockets.WebSocketCloseStatus.EndpointUnavailable, null, Cancel);
        await stopping.WaitAsync(Patience, Cancel);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "An open WebSocket holds the stop.");
    }

    /// <summary>Also a client that does not answer the close frame.</summary>
    [Fact]
    public async Task Stop_WithAWebSocketThatDoesNotAnswer_CutsIt()
    {
        await using var guide = await KestrelUpstream.StartAsync(Forwarding.Http2WebSocketTests.EchoAsync);
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "drain: 0s"));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + "AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101", await client.ReadHeadAsync(), StringComparison.Ordinal);
        var began = TimeProvider.System.GetTimestamp();
        var stopping = gateway.StopAsync();
        Assert.Equal("\u0088\u0002\u0003\u00E9", await client.ReadUntilAsync("\u00E9"));
        await stopping.WaitAsync(Patience, Cancel);
        Assert.True(
            TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20),
            "A WebSocket that does not answer holds the stop.");
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
        Assert.SkipWhen(
            (Convert.ToInt32(ignored[^1..], 16) & 2) != 0,
            "SIGINT is ignored here: the tests run in the background of a shell.");
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 1, Config = [("drain", "5m")] }, Cancel);
        bed.Gateway.Send(Signals.Interrupt);
        await bed.Gateway.Ended.WaitAsync(Patience, Cancel);
        Assert.Equal(0, bed.Gateway.ExitCode);
    }
}
