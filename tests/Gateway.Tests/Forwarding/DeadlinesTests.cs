using System.Diagnostics;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class DeadlinesTests
{
    [Fact]
    public async Task Total_NobodyAnswers_EndsInTheFallbackChain()
    {
        await using var silent = new ScriptedUpstream(static r => r.ClosedByPeerAsync());
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [silent.Url],
                cluster: "    timeouts: { connect: 100ms, firstByte: 400ms, total: 600ms }"));
        var began = Stopwatch.GetTimestamp();

        var get = await gateway.GetAsync();
        var took = Stopwatch.GetElapsedTime(began);
        var post = await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");

        // Whether the write was carried out is not known.
        Assert.Equal((503, 504), (get.Status, post.Status));
        Assert.Equal(["built-in"], get.Header("X-Fallback"));
        Assert.InRange(took.TotalMilliseconds, 350, 2000);
        Assert.Equal(1, silent.Requests.Count(static r => r.Method == "POST"));
        await HedgingTests.NothingInFlightAsync(gateway);
    }

    /// <summary>
    /// Whoever waits for an attempt that was told to end must not spin until it has: with many at once nobody would get to end one.
    /// </summary>
    [Fact]
    public async Task FirstByte_ManyOutOfTimeAtOnce_AllGoElsewhere()
    {
        const int users = 400;
        await using var silent = new ScriptedUpstream(static r => r.ClosedByPeerAsync());
        await using var standby = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [silent.Url], [standby.Url], attempts: "hedge: off, retryBudget: 100%",
            cluster: "    timeouts: { firstByte: 3s, total: 50s }\n    passive: { consecutiveFailures: 1000, minimumRequests: 1000000 }"));
        await gateway.BecomesAsync("up", "standby");

        var began = Stopwatch.GetTimestamp();
        var received = Enumerable.Range(0, users).Select(_ => gateway.GetAsync()).ToList();

        Assert.All(await Task.WhenAll(received), static received => Assert.Equal(200, received.Status));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 30);
        await HedgingTests.NothingInFlightAsync(gateway);
    }

    /// <summary>
    /// A write that is given up has an unknown fate, so it has longer than a read; one that can be retried leaves a
    /// destination that is down for another.
    /// </summary>
    [Theory]
    [InlineData("GET", false, 503)]
    [InlineData("POST", false, 200)]
    [InlineData("PUT", false, 200)]
    [InlineData("DELETE", false, 200)]
    [InlineData("POST", true, 504)]
    [InlineData("PUT", true, 504)]
    public async Task FirstByteWrites_BoundsWritesAlone(string method, bool silent, int status)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            if (silent)
            {
                await r.ClosedByPeerAsync();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(900), TimeProvider.System);
            await r.RespondAsync("done");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [guide.Url], attempts: "hedge: off, max: 1",
            cluster: $"    timeouts: {{ firstByte: 300ms, firstByteWrites: {(silent ? "600ms" : "20s")} }}"));

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(status, response.Status);
        Assert.Single(guide.Requests);
    }

    [Fact]
    public async Task FirstByteWrites_DestinationGoesDown_RetriesAtTheShorterTime()
    {
        await using var guide = new ScriptedUpstream(static r => r.ClosedByPeerAsync());
        await using var standby = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [guide.Url], [standby.Url], attempts: "hedge: off", cluster: "    timeouts: { firstByte: 500ms, firstByteWrites: 50s }"));
        await gateway.BecomesAsync("up", "standby");
        guide.Healthy = false;
        var began = Stopwatch.GetTimestamp();

        Assert.Equal(200, (await gateway.AskAsync("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")).Status);

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.4, 30);
        Assert.Single(standby.Requests, static r => r.Method == "PUT");
    }

    [Fact]
    public async Task FirstByte_ClientSendsSlowly_CountsFromTheLastOfTheRequest()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], cluster: "    timeouts: { firstByte: 4s, total: 60s }"));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
        // The client's slowness is what is tested: longer than the deadline in all, each pause far below it even
        // where the machine pauses too.
        for (var i = 0; i < 5; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            await client.SendAsync(new string('a', 20_000));
        }

        Assert.Equal(200, (await client.ReadAsync()).Status);
        Assert.Equal(100_000, (await guide.Last.ReadBodyAsync()).Length);
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Theory]
    [InlineData(false, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData(false, "Content-Length: 100000\r\n\r\nhello")]
    [InlineData(true, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData(true, "Content-Length: 100000\r\n\r\nhello")]
    public async Task LeastRate_ClientDripsItsStreamedBody_GetsA408(bool expects, string request)
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.ReadBodyAsync();
            await r.RespondAsync("ok");
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                cluster: "    timeouts: { firstByte: 50s, total: 60s }"));

        var received = await gateway.AskAsync($"POST / HTTP/1.1\r\nHost: a\r\n{(expects ? "Expect: 100-continue\r\n" : "")}{request}");

        Assert.Equal(408, received.Status);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "refused"));
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Fact]
    public async Task FirstByte_ClientSendsNoMore_EndsTheAttemptAndBlamesNobody()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                cluster: "    timeouts: { firstByte: 300ms, total: 60s }"));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(
                408,
                (await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + new string('a', 50_000))).Status);
        }

        Assert.Equal(4, guide.Requests.Count);
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Fact]
    public async Task FirstByte_RequestIsSentAndNothingComes_EndsTheAttempt()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.ReadBodyAsync();
            await r.ClosedByPeerAsync();
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                cluster: "    timeouts: { firstByte: 300ms, total: 60s }"));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + new string('a', 50_000));
        await Eventually.BeTrueAsync(() => guide.Requests.Count == 1, TimeSpan.FromSeconds(60), "the request is under way");
        await client.SendAsync(new string('a', 50_000));

        Assert.Equal(504, (await client.ReadAsync()).Status);
        Assert.Equal(1, await gateway.MetricAsync("gateway_attempts_total", ("result", "timeout")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    public async Task Client_Leaves_CancelsTheDestinationAndBlamesNobody(string begun)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync(begun);
            await r.ClosedByPeerAsync();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 1; i <= 6; i++)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Url);
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await Eventually.BeTrueAsync(() => guide.Requests.Count == i, TimeSpan.FromSeconds(30), "the destination has it");
            client.Reset();
            await Eventually.BeTrueAsync(() => guide.Last.ClosedAt > 0, TimeSpan.FromSeconds(5), "the destination is told");
        }

        await gateway.MetricReachesAsync(6, "gateway_requests_total", ("outcome", "aborted"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
        Assert.False(
            (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[0].GetProperty(
                "suspect").GetBoolean());
        await HedgingTests.NothingInFlightAsync(gateway);
    }
}
