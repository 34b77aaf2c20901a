using System.Globalization;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Observability;

/// <summary>Figures of streams, connections, destinations and the build, from a socket to a scrape.</summary>
[Trait("kind", "socket")]
public sealed class TrafficFiguresTests
{
    private const string Stream = "    stream: { heartbeat: 20s, idle: 30s }";
    private const string Resume = "    stream: { heartbeat: 20s, idle: 30s, onInterrupt: resume }";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("complete")]
    [InlineData("interrupted")]
    [InlineData("client_abort")]
    public async Task Stream_FromItsBeginToItsEnd_IsCounted(string how)
    {
        var end = new TaskCompletionSource();
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("data: a\n\n");
            await end.Task;
            if (how == "complete")
            {
                await r.EndChunksAsync();
            }
            else
            {
                r.Reset();
            }
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], route: Stream));
        Assert.DoesNotContain("gateway_stream", await gateway.MetricsTextAsync(), StringComparison.Ordinal);
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadUntilAsync("data: a\n\n");

        Assert.Equal(1, await gateway.MetricAsync("gateway_streams_open"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_streams_started_total"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_stream_first_content_seconds_count"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_streams_ended_total"));
        if (how == "client_abort")
        {
            client.Reset();
        }
        else
        {
            end.SetResult();
        }

        await gateway.MetricReachesAsync(1, "gateway_streams_ended_total", ("how", how));
        Assert.Equal(1, await gateway.MetricAsync("gateway_streams_ended_total"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_streams_open"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_stream_longest_gap_seconds_count"));
        end.TrySetResult();
    }

    [Fact]
    public async Task Stream_GoesOnElsewhere_CountsAsResumedAndItsGapIsKnown()
    {
        await using var first = new ScriptedUpstream(static async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("id: 1\ndata: a\n\n");
            await Task.Delay(TimeSpan.FromMilliseconds(1200), TimeProvider.System);
            r.Reset();
        });
        await using var second = new ScriptedUpstream(static async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("id: 2\ndata: b\n\n");
            await r.EndChunksAsync();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([first.Url], [second.Url], route: Resume));

        var response = await gateway.GetAsync("/a");

        Assert.Contains("data: b", response.Body, StringComparison.Ordinal);
        await gateway.MetricReachesAsync(1, "gateway_streams_ended_total", ("how", "complete"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_streams_started_total"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_streams_resumed_total"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_stream_longest_gap_seconds_bucket", ("le", "1.0")));
        Assert.InRange(await gateway.MetricAsync("gateway_stream_longest_gap_seconds_sum"), 1.1, 30);
    }

    [Fact]
    public async Task Connections_UpToTheLimitAndBeyond_AreCounted()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "limits: { connections: 2 }"));
        await using (var one = await RawClient.ConnectAsync(gateway.Url))
        await using (var two = await RawClient.ConnectAsync(gateway.Url))
        {
            foreach (var client in new[] { one, two })
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                Assert.Equal(200, (await client.ReadAsync()).Status);
            }

            Assert.Equal(2, await gateway.MetricAsync("gateway_connections_open"));
            Assert.Equal(2, await gateway.MetricAsync("gateway_connections_accepted_total"));
            await using var three = await RawClient.ConnectAsync(gateway.Url);
            Assert.Equal("", await three.TryReadHeadAsync());
            await gateway.MetricReachesAsync(1, "gateway_connections_refused_total");
        }

        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_connections_open") == 0,
            TimeSpan.FromSeconds(30),
            "none is open");
        Assert.Equal(200, (await gateway.GetAsync()).Status);
        Assert.Equal(3, await gateway.MetricAsync("gateway_connections_accepted_total"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_connections_refused_total"));
    }

    [Fact]
    public async Task Bytes_OfBodies_AreCountedBothWays()
    {
        await using var guide =
            new ScriptedUpstream(static r => r.RespondAsync(r.Target == "/large" ? new string('x', 300_000) : "0123456789"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        await gateway.AskAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        await gateway.AskAsync($"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n{new string('y', 200_000)}");
        await gateway.AskAsync("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        await gateway.AskAsync("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD");
        await gateway.GetAsync("/large");
        await gateway.MetricReachesAsync(5, "gateway_requests_total");

        Assert.Equal(200_008, await gateway.MetricAsync("gateway_bytes_total", ("route", "all"), ("direction", "in")));
        Assert.Equal(300_030, await gateway.MetricAsync("gateway_bytes_total", ("route", "all"), ("direction", "out")));
    }

    [Fact]
    public async Task Operators_HoldAndDrain_AreShownWhileTheyLast()
    {
        await using var guide = new ScriptedUpstream();
        await using var other = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));
        var name = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{guide.Port}");
        Assert.DoesNotContain("gateway_hold", await gateway.MetricsTextAsync(), StringComparison.Ordinal);

        Assert.Equal(
            200,
            (await gateway.PostAsync(
                "/clusters/guide/hold",
                "{\"tier\":\"standby\",\"for\":\"5m\",\"reason\":\"test\",\"force\":true}")).Status);
        Assert.Equal(200, (await gateway.PostAsync($"/clusters/guide/destinations/{name}/drain", "{\"force\":true}")).Status);
        await gateway.MetricReachesAsync(1, "gateway_hold", ("cluster", "guide"), ("tier", "standby"));
        await gateway.MetricReachesAsync(1, "gateway_destination_draining", ("cluster", "guide"), ("destination", name));
        Assert.Equal(200, (await gateway.PostAsync("/clusters/guide/release", "{\"force\":true}")).Status);
        Assert.Equal(200, (await gateway.PostAsync($"/clusters/guide/destinations/{name}/ready", "{}")).Status);

        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_hold") == 0 && await gateway.MetricAsync("gateway_destination_draining") == 0,
            TimeSpan.FromSeconds(30), "both are over");
    }

    [Fact]
    public async Task Destination_ThatResponds_ShowsItsLatency()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
            await r.RespondAsync("ok");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await gateway.GetAsync();

        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_destination_latency_seconds", ("quantile", "0.99")) > 0,
            TimeSpan.FromSeconds(30),
            "it is shown");
        var quantiles = new List<double>();
        foreach (var quantile in new[] { "0.5", "0.9", "0.99" })
        {
            quantiles.Add(await gateway.MetricAsync("gateway_destination_latency_seconds", ("cluster", "guide"), ("quantile", quantile)));
        }

        Assert.Equal(quantiles.Order(), quantiles);
        Assert.InRange(quantiles[0], 0.025, 30);
        Assert.Contains("# TYPE gateway_destination_latency_seconds summary\n", await gateway.MetricsTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_IsToldWithItsVersionAndRevision()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var line = Assert.Single(
            (await gateway.MetricsTextAsync()).Split('\n'),
            static l => l.StartsWith("gateway_build_info{", StringComparison.Ordinal));

        Assert.Matches("""^gateway_build_info\{version="\d+\.\d+\.\d+(-[0-9a-z.]+)?",revision="([0-9a-f]{40}|unknown)"\} 1$""", line);
    }
}
