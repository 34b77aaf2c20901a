using Gateway.Forwarding.Responses;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>Clients of HTTP/2 whose windows hold a response up: it waits in the server then, and not in the socket.</summary>
[Trait("kind", "socket")]
public sealed class SlowStreamsTests
{
    private const int Cancel = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("GET", "buffered", 0)]
    [InlineData("GET", "buffered", 1)]
    [InlineData("POST", "buffered", 1)]
    [InlineData("GET", "length", 1)]
    [InlineData("GET", "chunks", 0)]
    [InlineData("POST", "chunks", 1)]
    [InlineData("GET", "chunks", null)]
    [InlineData("POST", "length", null)]
    [InlineData("GET", "events", 1)]
    [InlineData("GET", "file", 1)]
    public async Task Stream_WhoseClientTakesNothing_IsCancelledAndBlamesNobody(string method, string framing, int? window)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            switch (framing)
            {
                case "buffered":
                    await r.RespondAsync(new string('x', 30_000));
                    break;
                case "length":
                    await r.RespondAsync(new string('x', 1_000_000));
                    break;
                case "events":
                    await r.BeginEventsAsync();
                    await r.ChunkAsync($"data: {new string('x', 30_000)}\n\n");
                    await r.ClosedByPeerAsync();
                    break;
                case "file":
                    await r.RespondAsync("", status: 503);
                    break;
                default:
                    await r.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    for (var i = 0; i < 100; i++)
                    {
                        await r.ChunkAsync(new string('x', 10_000));
                    }

                    await r.EndChunksAsync();
                    break;
            }
        });
        var config = InProcessGateway.Config([guide.Url], route: framing == "file" ? "    fallback: [ { file: large.txt } ]" : "");
        await using var gateway = await InProcessGateway.StartTlsAsync(
            config,
            Pause,
            new Dictionary<string, string> { ["static/large.txt"] = new string('x', 100_000) });
        await using var client = await RawHttp2Client.ConnectAsync(gateway.Url, window);

        var response = await client.AskAsync(
            [(":method", method), (":scheme", "https"), (":authority", "a"), (":path", "/")],
            method == "POST" ? "hello"u8.ToArray() : null).WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.True(response is { IsReset: true, IsGone: false, Error: Cancel }, response.ToString() is var text
            && text.Length > 300 ? text[..300] : "");
        Assert.Equal(window ?? 65_535, response.Body.Length);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "aborted"));
        await Eventually.BecomeTrueAsync(async () => await gateway.MetricAsync("gateway_inflight") == 0, Patience, "the place is free");
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));

        // The connection is as good as before.
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
    }

    [Fact]
    public async Task EventStream_ThatIsQuiet_GoesOn()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("data: a\n\n");
            await Task.Delay(Pause * 4, TimeProvider.System);
            await r.ChunkAsync("data: b\n\n");
            await r.EndChunksAsync();
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(
            InProcessGateway.Config([guide.Url], route: "    stream: { heartbeat: 1h, idle: 1h }"),
            Pause);
        await using var client = await RawHttp2Client.ConnectAsync(gateway.Url);

        var response = await client.AskAsync((":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/"));

        Assert.Equal("data: a\n\ndata: b\n\n", response.Body);
        Assert.False(response.IsReset);
    }

    [Theory]
    [InlineData(0, 20)]
    [InlineData(4_800, 20)]
    [InlineData(9_600, 40)]
    [InlineData(Http2ResponseBody.LargestPiece, 68)]
    public void AllowedFor_Piece_IsTheTimeItTakesAtTheLeastRate(int bytes, int seconds) =>
        Assert.Equal(seconds, Http2ResponseBody.AllowedFor(bytes, Http2ResponseBody.LongestPause).TotalSeconds, tolerance: 0.5);
}
