using System.Diagnostics;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class AttemptsTests
{
    [Fact]
    public async Task Refused_GoesToTheNextDestinationAndThenToTheNextTier()
    {
        await using var first = new ScriptedUpstream();
        await using var second = new ScriptedUpstream(r => r.RespondAsync("second"));
        await using var third = new ScriptedUpstream(r => r.RespondAsync("third"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            first.Url,
            second.Url
        ], [third.Url], cluster: "    balance: roundRobin"));
        Kill(first);

        Assert.Equal("second", (await gateway.GetAsync()).Body);
        Assert.Equal("second", (await gateway.GetAsync()).Body);
        Kill(second);

        Assert.Equal("third", (await gateway.GetAsync()).Body);
        Assert.Equal("third", (await gateway.GetAsync()).Body);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("closed")]
    [InlineData("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")]
    [InlineData("HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 504 Late\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("rubbish\r\n\r\n")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n")]
    public async Task Failure_OfTheFirst_IsHiddenByTheSecond(string response)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            switch (response)
            {
                case "reset":
                    r.Reset();
                    break;
                case "closed":
                    r.Close();
                    break;
                default:
                    await r.SendAsync(response);
                    r.Close();
                    break;
            }
        });
        await using var other = new ScriptedUpstream(r => r.RespondAsync("good"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        var got = await gateway.GetAsync("/x");

        Assert.Equal((200, "good"), (got.Status, got.Body));
        Assert.NotEmpty(guide.Requests);
    }

    [Fact]
    public async Task Status500_IsPassedAsItIsUnlessConfigured()
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("broken", 500));
        await using var other = new ScriptedUpstream(r => r.RespondAsync("good"));
        await using (var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url])))
        {
            var got = await gateway.GetAsync();
            Assert.Equal((500, "broken"), (got.Status, got.Body));
        }

        await using var strict =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                [other.Url],
                attempts: "hedge: off, retryOn: [connect, reset, timeout, truncated, 500]"));
        Assert.Equal("good", (await strict.GetAsync()).Body);
    }

    [Fact]
    public async Task Status429_IsPassedAndEjectsNone()
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("slow down", 429, "Retry-After: 7\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 0; i < 30; i++)
        {
            var got = await gateway.GetAsync();
            Assert.Equal((429, "7"), (got.Status, got.Header("Retry-After").Single()));
        }

        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Drip_OneByteAtATime_IsHiddenByAHedge(bool inBody)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync(inBody ? "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" : "HTTP/1.1 200 OK\r\nX-Slow: ");
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < 300; i++)
            {
                await r.SendAsync("x");
                await timer.WaitForNextTickAsync();
            }
        });
        await using var other = new ScriptedUpstream(r => r.RespondAsync("good"));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url], attempts: "hedge: 100ms"));
        var began = Stopwatch.GetTimestamp();

        Assert.Equal("good", (await gateway.GetAsync()).Body);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.09, 1.5);
    }

    [Fact]
    public async Task Everything_Failing_EndsInTheFallbackChain()
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("busy", 503));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var got = await gateway.GetAsync();

        Assert.Equal((503, "built-in"), (got.Status, got.Header("X-Fallback").Single()));
        Assert.DoesNotContain("127.0.0.1", got.Head + got.Body, StringComparison.Ordinal);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "failed"));
    }

    [Fact]
    public async Task Storm_OfFailures_KeepsExtraAttemptsInTheBudget()
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("busy", 503));
        await using var other = new ScriptedUpstream(r => r.RespondAsync("busy", 503));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                [other.Url],
                attempts: "hedge: off, retryBudget: 0%",
                cluster: "    passive: { consecutiveFailures: 1000, failureRatio: 100%, minimumRequests: 100000 }"));

        for (var i = 0; i < 100; i++)
        {
            using var response = await gateway.Client.GetAsync("/", TestContext.Current.CancellationToken);
        }

        // 30 are kept for a start, three come each second, and a hundred requests ask for two hundred.
        Assert.InRange(guide.Requests.Count + other.Requests.Count, 130, 160);
        Assert.True(await gateway.MetricAsync("gateway_attempts_skipped_total", ("reason", "budget")) > 40);
    }

    // Nothing reached the dead one: what goes on to the other is all that destinations have to do.
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")]
    [InlineData("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")]
    public async Task Storm_OfRefusedConnections_IsNotPaidFromTheBudget(string request)
    {
        await using var dead = new ScriptedUpstream();
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("no entry", 403));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [dead.Url, other.Url],
            attempts: "hedge: off, retryBudget: 0%",
            cluster: "    balance: roundRobin\n    passive: { consecutiveFailures: 1000, failureRatio: 100%, minimumRequests: 100000 }")
            .Replace("interval: 500ms", "interval: 1m, fastInterval: 30s", StringComparison.Ordinal));
        await gateway.BecomesAsync("up", "primary");
        await gateway.BecomesAsync("up", "primary", 1);
        Kill(dead);

        // 30 are kept for a start, and three come each second.
        for (var i = 0; i < 150; i++)
        {
            Assert.Equal(403, (await gateway.AskAsync(request)).Status);
        }

        Assert.Equal(0, await gateway.MetricAsync("gateway_attempts_skipped_total", ("reason", "budget")));
        Assert.True(await gateway.MetricAsync("gateway_attempts_total", ("result", "connect")) > 60);
    }

    internal static void Kill(ScriptedUpstream upstream)
    {
        upstream.StopListening();
        upstream.CloseConnections();
    }
}
