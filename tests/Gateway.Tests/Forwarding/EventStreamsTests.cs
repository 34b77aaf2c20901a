using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public partial class EventStreamsTests
{
    private const string Get = "GET /chat HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n";
    private const string Post = "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

    [Theory]
    [InlineData(": thinking\n\n")]
    [InlineData("event: open\ndata:\n\nretry: 10\n\n")]
    public async Task FirstContent_TooLate_IsHiddenByAnother(string noise)
    {
        await using var first = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync(noise);
            await r.ClosedByPeerAsync();
        });
        await using var second = new ScriptedUpstream(EventsAsync(0, 3));
        await using var gateway = await StartAsync(first, second, "stream: { firstContent: 300ms }");

        var response = await gateway.AskAsync(Get);

        Assert.True(response.IsWhole);
        Assert.Equal("0 1 2", Ids(response.Body));
        Assert.DoesNotContain("thinking", response.Body, StringComparison.Ordinal);
        await Eventually.BeTrueAsync(() => first.Last.ClosedAt > 0, TimeSpan.FromSeconds(5), "the silent one is let go");
    }

    [Fact]
    public async Task Heartbeat_WhileTheGuideThinks_KeepsTheWayOpen()
    {
        var release = new TaskCompletionSource();
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("id: 0\ndata: a\n\n");
            await release.Task;
            await r.ChunkAsync("id: 1\ndata: b\n\n");
            await r.EndChunksAsync();
        });
        await using var gateway = await StartAsync(guide, null, "stream: { heartbeat: 100ms }");
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync(Get);
        var begun = await client.ReadUntilAsync(":\n\n");
        await client.ReadUntilAsync(":\n\n");
        release.SetResult();
        var end = await client.ReadUntilAsync("0\r\n\r\n");

        Assert.Contains("data: a\n\n", begun, StringComparison.Ordinal);
        Assert.Contains("data: b\n\n", end, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id: 1\nda")]
    [InlineData("id: 1\ndata: half\n")]
    public async Task Cut_InTheMiddle_SaysSoAndEndsVisibly(string half)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("id: 0\ndata: whole\n\n" + half);
            r.Close();
        });
        await using var other = new ScriptedUpstream(EventsAsync(0, 3));
        await using var gateway = await StartAsync(guide, other, "stream: { onInterrupt: error }");

        var response = await gateway.AskAsync(Get);

        Assert.False(response.IsWhole);
        Assert.Matches("^id: 0\ndata: whole\n\nevent: error\ndata: \\{.*\"retry\":true.*\\}\n\n$", response.Body);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Idle_SilentTooLong_SaysSoAndEndsVisibly()
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("data: a\n\ndata: ha");
            await r.ClosedByPeerAsync();
        });
        await using var gateway = await StartAsync(guide, null, "stream: { idle: 300ms }");

        var response = await gateway.AskAsync(Get);

        Assert.False(response.IsWhole);
        Assert.Contains("event: error\n", response.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "ha",
            response.Body[..response.Body.IndexOf("event: error", StringComparison.Ordinal)].Replace("data", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Get, true)]
    [InlineData(Get, false)]
    [InlineData(Post, true)]
    [InlineData(Post, false)]
    public async Task Resume_CutAgainAndAgain_NoIdIsMissingOrTwice(string request, bool honoursLastId)
    {
        const int count = 40;
        Func<UpstreamRequest, Task> script(int cutAfter) => async r =>
        {
            await r.ReadBodyAsync();
            var from = honoursLastId && r.Header("Last-Event-ID") is [var last] ? int.Parse(last, CultureInfo.InvariantCulture) + 1 : 0;
            await r.BeginEventsAsync();
            for (var i = from; i < count; i++)
            {
                if (i == cutAfter)
                {
                    await r.ChunkAsync($"id: {i}\ndata: to");
                    r.Reset();
                    return;
                }

                await r.ChunkAsync($"id: {i}\ndata: token {i}\n\n");
            }

            await r.EndChunksAsync();
        };
        await using var first = new ScriptedUpstream(script(7));
        await using var second = new ScriptedUpstream(script(count));
        await using var gateway = await StartAsync(first, second, "stream: { onInterrupt: resume }\n    retryable: true");

        var response = await gateway.AskAsync(request);

        Assert.True(response.IsWhole, response.Body);
        Assert.Equal(string.Join(' ', Enumerable.Range(0, count)), Ids(response.Body));
        Assert.Equal(["6"], second.Last.Header("Last-Event-ID"));
        Assert.DoesNotContain("error", response.Body, StringComparison.Ordinal);
        if (request == Post)
        {
            Assert.Equal("hello"u8.ToArray(), await second.Last.ReadBodyAsync());
        }
    }

    [Fact]
    public async Task Resume_PostThatMayNotBeRepeated_SaysSo()
    {
        await using var first = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            await r.BeginEventsAsync();
            await r.ChunkAsync("id: 0\ndata: a\n\n");
            r.Reset();
        });
        await using var second = new ScriptedUpstream(EventsAsync(0, 3));
        await using var gateway = await StartAsync(first, second, "stream: { onInterrupt: resume }");

        var response = await gateway.AskAsync(Post);

        Assert.False(response.IsWhole);
        Assert.Contains("event: error", response.Body, StringComparison.Ordinal);
        Assert.Empty(second.Requests);
    }

    [Fact]
    public async Task LongEvent_ManyTimesTheBuffer_ArrivesAsItIs()
    {
        var lines = string.Concat(Enumerable.Range(0, 6000).Select(static i => $"data: line {i} {new string('x', i % 60)}\r\n"));
        var oneLine = "data: " + new string('y', 200_000) + "\n";
        var text = $"id: 0\ndata: a\n\n{lines}\r\n{oneLine}\nid: 2\ndata: b\n\n";
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            for (var at = 0; at < text.Length; at += 5000)
            {
                await r.ChunkAsync(text[at..Math.Min(text.Length, at + 5000)]);
            }

            await r.EndChunksAsync();
        });
        await using var gateway = await StartAsync(guide, null, "stream: { onInterrupt: resume }");

        var response = await gateway.AskAsync(Get);

        Assert.True(response.IsWhole);
        Assert.Equal(text, response.Body);
    }

    [Fact]
    public async Task DeclaredLength_DoesNotStandInTheWayOfHeartbeats()
    {
        var release = new TaskCompletionSource();
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100009\r\n\r\ndata: a\n\n");
            await release.Task;
            await r.SendAsync(":" + new string('x', 99_998) + "\n");
        });
        await using var gateway = await StartAsync(guide, null, "stream: { heartbeat: 100ms }");
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync(Get);
        var head = await client.ReadUntilAsync(":\n\n");
        release.SetResult();

        Assert.DoesNotContain("Content-Length", head, StringComparison.Ordinal);
        await client.ReadUntilAsync("0\r\n\r\n");
    }

    [Fact]
    public async Task Client_Leaves_DestinationIsTold()
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("data: a\n\n");
            await r.ClosedByPeerAsync();
        });
        await using var gateway = await StartAsync(guide, null, "stream: { }");

        for (var i = 1; i <= 6; i++)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Url);
            await client.SendAsync(Get);
            await client.ReadUntilAsync("data: a\n\n");
            client.Reset();
            await Eventually.BeTrueAsync(() => guide.Last.ClosedAt > 0, TimeSpan.FromSeconds(5), "the destination is told");
        }

        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
        await gateway.MetricReachesAsync(6, "gateway_requests_total", ("outcome", "aborted"));
        await HedgingTests.NothingInFlightAsync(gateway);
    }

    [Fact]
    public async Task Stop_StreamUnderWay_EndsVisiblyAndNotBeforeItsTime()
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("data: a\n\n");
            await r.ClosedByPeerAsync();
        });
        await using var gateway = await StartAsync(guide, null, "stream: { }", stopWithin: TimeSpan.FromSeconds(1.5));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync(Get);
        await client.ReadUntilAsync("data: a\n\n");

        var stopping = gateway.StopAsync();
        Assert.Equal(503, await gateway.AdminStatusAsync("/readyz"));
        var said = await client.ReadUntilAsync("event: error\n");
        await stopping;

        Assert.NotNull(said);
    }

    private static Task<InProcessGateway> StartAsync(
        ScriptedUpstream first,
        ScriptedUpstream? second,
        string route,
        TimeSpan? stopWithin = null) => InProcessGateway.StartAsync(
        InProcessGateway.Config([first.Url], second is null ? null : [second.Url], route: "    " + route), stopWithin: stopWithin);

    private static Func<UpstreamRequest, Task> EventsAsync(int from, int to) => async r =>
    {
        await r.ReadBodyAsync();
        await r.BeginEventsAsync();
        for (var i = from; i < to; i++)
        {
            await r.ChunkAsync($"id: {i}\ndata: token {i}\n\n");
        }

        await r.EndChunksAsync();
    };

    private static string Ids(string body) => string.Join(' ', IdPattern().Matches(body).Select(static m => m.Groups["id"].Value));

    [GeneratedRegex(@"^id: (?<id>\d+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IdPattern();
}
