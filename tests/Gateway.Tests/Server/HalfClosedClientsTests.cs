using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>
/// Clients that close their side of the connection behind their request (RFC 9112, section 9.6), and such that have closed all of it.
/// </summary>
[Trait("kind", "socket")]
public sealed class HalfClosedClientsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("get", false)]
    [InlineData("get", true)]
    [InlineData("post", false)]
    [InlineData("post", true)]
    [InlineData("download", false)]
    [InlineData("download", true)]
    [InlineData("events", false)]
    [InlineData("events", true)]
    public async Task Client_HalfCloses_GetsItsResponse(string kind, bool tls)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            await closed.Task;
            // The gateway sees the client's close before the response, on a machine that is not starved.
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            switch (kind)
            {
                case "download":
                    await r.RespondAsync(new string('x', 2_000_000) + "end");
                    break;
                case "events":
                    await r.BeginEventsAsync();
                    await r.ChunkAsync("data: a\n\n");
                    await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
                    await r.ChunkAsync("data: end\n\n");
                    await r.EndChunksAsync();
                    break;
                default:
                    await r.RespondAsync("end");
                    break;
            }
        });
        var config = InProcessGateway.Config([guide.Url]);
        await using var gateway = tls ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using var client = new TcpClient();
        var stream = await ClientStream.OpenAsync(client, gateway.Url, tls);
        await stream.WriteAsync(
            Encoding.Latin1.GetBytes(kind == "post"
                ? "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                : "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            Cancel);
        await Eventually.BeTrueAsync(() => guide.Requests.Count == 1, TimeSpan.FromSeconds(60), "the request is under way");
        if (stream is SslStream alert)
        {
            await alert.ShutdownAsync();
        }

        client.Client.Shutdown(SocketShutdown.Send);
        closed.SetResult();

        // To the end of the connection, which the gateway closes behind the response.
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var response = await reader.ReadToEndAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel);

        Assert.StartsWith("HTTP/1.1 200 ", response, StringComparison.Ordinal);
        Assert.Contains("end", response[^20..], StringComparison.Ordinal);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "live"));
        Assert.Single(guide.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_ClosedBothSidesAndIsWrittenTo_EndsItsRequest(bool tls)
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            try
            {
                await r.BeginEventsAsync();
                await r.ChunkAsync("data: a\n\n");
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // The gateway knew before this was sent that nobody wants it.
            }

            await r.ClosedByPeerAsync();
        });
        var config = InProcessGateway.Config([guide.Url], route: "    stream: { heartbeat: 200ms }");
        await using var gateway = tls ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using (var client = new TcpClient())
        {
            var stream = await ClientStream.OpenAsync(client, gateway.Url, tls);
            await stream.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), Cancel);
            await Eventually.BeTrueAsync(() => guide.Requests.Count == 1, TimeSpan.FromSeconds(60), "the request is under way");
        }

        await Eventually.BeTrueAsync(() => guide.Last.ClosedAt > 0, TimeSpan.FromSeconds(60), "the destination is told");
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "aborted"));
        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_inflight") == 0,
            TimeSpan.FromSeconds(60),
            "the place is free");
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Fact]
    public async Task Connection_HalfClosedWhileIdle_Ends()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Url.Port, Cancel);
        var stream = client.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), Cancel);
        var buffer = new byte[4096];
        Assert.True(await stream.ReadAsync(buffer, Cancel) > 0);

        client.Client.Shutdown(SocketShutdown.Send);

        while (await stream.ReadAsync(buffer, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel) > 0)
        {
            // The rest of the response.
        }
    }
}
