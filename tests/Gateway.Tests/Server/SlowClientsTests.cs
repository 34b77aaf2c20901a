using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>Clients that hold a connection and do nothing with it.</summary>
[Trait("kind", "socket")]
public sealed class SlowClientsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Http2Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("nothing", false)]
    [InlineData("nothing", true)]
    [InlineData("half a handshake", true)]
    [InlineData("handshake", true)]
    [InlineData("HTTP/2 without a stream", true)]
    public async Task Connection_WithoutARequest_EndsAfterHeadersTimeout(string says, bool tls)
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url], top: "limits: { headersTimeout: 1s }");
        await using var gateway = tls ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using var client = new TcpClient();
        var stream = await ClientStream.OpenAsync(client, gateway.Url, tls: false);
        if (says is "half a handshake")
        {
            await stream.WriteAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 }, Cancel);
        }
        else if (says is not "nothing")
        {
            stream = await ClientStream.SecureAsync(stream, SslApplicationProtocol.Http2);
            if (says is not "handshake")
            {
                await stream.WriteAsync(Http2Preface, Cancel);
            }
        }

        await EndsAsync(stream);
    }

    [Fact]
    public async Task AdminConnection_WithoutARequest_EndsAfterHeadersTimeout()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "limits: { headersTimeout: 1s }"));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.AdminUrl.Port, Cancel);

        await EndsAsync(client.GetStream());
    }

    [Fact]
    public async Task Connection_BetweenItsRequests_Stays()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "limits: { headersTimeout: 1s }"));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, (await client.ReadAsync()).Status);
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Cancel);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reader_ThatNeverReads_GivesItsPlaceBack(bool tls)
    {
        await using var guide = new ScriptedUpstream(static r => r.RespondAsync(new string('x', 20_000_000)));
        var config = InProcessGateway.Config([guide.Url]);
        var pause = TimeSpan.FromSeconds(3);
        await using var gateway = tls
            ? await InProcessGateway.StartTlsAsync(config, pause)
            : await InProcessGateway.StartAsync(config, longestPause: pause);
        using var client = new TcpClient { ReceiveBufferSize = 4096 };
        var stream = await ClientStream.OpenAsync(client, gateway.Url, tls);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), Cancel);
        await gateway.MetricReachesAsync(1, "gateway_inflight");
        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_inflight") == 0,
            Patience,
            "the reader's place is free");
    }

    [Fact]
    public async Task Stream_ThatIsQuiet_IsNotEnded()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n");
            await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System);
            await r.SendAsync("9\r\ndata: b\n\n\r\n0\r\n\r\n");
        });
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], route: "    stream: { heartbeat: 1h, idle: 1h }"),
            longestPause: TimeSpan.FromSeconds(2));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("data: a\n\ndata: b\n\n", (await client.ReadAsync()).Body);
    }

    private static async Task EndsAsync(Stream stream)
    {
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(40), TimeProvider.System, Cancel) > 0)
            {
                // Settings and goodbyes of HTTP/2.
            }
        }
        catch (IOException)
        {
            // Cut.
        }
    }
}
