using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

[Trait("kind", "process")]
public class ProcessTests
{
    [Fact]
    public async Task Terminate_RequestInFlight_FinishesAndTheProcessEndsWithZero()
    {
        await using var bed = await TestBed.StartAsync(
            new TestBedOptions { Primaries = 1, Standbys = 1 },
            TestContext.Current.CancellationToken);
        await using var client = await RawClient.ConnectAsync(new Uri(bed.Gateway.Url));
        await client.SendAsync("GET /slow-body?n=8&ms=200&chunked=1 HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();

        var ending = bed.Gateway.TerminateAsync(TimeSpan.FromSeconds(29));
        await Eventually.BecomeTrueAsync(async () => !await bed.Gateway.IsReadyAsync(), TimeSpan.FromSeconds(5), "it is not ready at once");
        var last = await client.ReadUntilAsync("0\r\n\r\n");

        Assert.NotEmpty(last);
        Assert.Equal(0, await ending);
    }

    [Fact]
    public async Task WebSocket_ThroughTheGateway_EchoesAndCloses()
    {
        await using var bed = await TestBed.StartAsync(
            new TestBedOptions { Primaries = 1, Standbys = 1 },
            TestContext.Current.CancellationToken);
        using var socket = new ClientWebSocket();
        var cancel = TestContext.Current.CancellationToken;

        var began = Stopwatch.GetTimestamp();
        await socket.ConnectAsync(new Uri(bed.Gateway.Url.Replace("http:", "ws:", StringComparison.Ordinal) + "/ws"), cancel);
        var buffer = new byte[1000];
        for (var i = 0; i < 5; i++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"hello {i}"), WebSocketMessageType.Text, endOfMessage: true, cancel);
            var got = await socket.ReceiveAsync(buffer, cancel);
            Assert.Contains($"hello {i}", Encoding.UTF8.GetString(buffer, 0, got.Count), StringComparison.Ordinal);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 5);
    }
}
