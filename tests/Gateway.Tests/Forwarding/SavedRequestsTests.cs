using Gateway.Configuration.Model;
using Gateway.Forwarding.Responses;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Each request that would have failed without the gateway is counted once, under what saved it.</summary>
[Trait("kind", "socket")]
public class SavedRequestsTests
{
    private const string Key = "gateway_saved_total";

    [Fact]
    public async Task Served_ByTheFirstAttempt_IsSavedByNothing()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        Assert.Equal(200, (await gateway.GetAsync()).Status);

        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "live"));
        Assert.Equal(0, await gateway.MetricAsync(Key));
    }

    [Theory]
    [InlineData("GET", "reset", "retry")]
    [InlineData("PUT", "reset", "retry")]
    [InlineData("GET", "503", "retry")]
    [InlineData("PUT", "503", "retry")]
    [InlineData("GET", "cut", "buffered_response")]
    [InlineData("PUT", "cut", "buffered_response")]
    public async Task FirstAttempt_Fails_IsSavedByWhatFollows(string method, string fault, string by)
    {
        await using var bad = new ScriptedUpstream(r => FailAsync(r, fault));
        await using var good = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([bad.Url], [good.Url]));

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(200, response.Status);
        await gateway.MetricReachesAsync(1, Key, ("by", by), ("route", "all"));
        Assert.Equal(1, await gateway.MetricAsync(Key));
    }

    [Fact]
    public async Task FirstTier_Down_IsSavedByTheOtherTier()
    {
        await using var dead = new ScriptedUpstream();
        await using var standby = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([dead.Url], [standby.Url]));
        dead.StopListening();
        dead.CloseConnections();
        await Eventually.BecomeTrueAsync(
            async () => await gateway.ServingAsync() == "standby",
            TimeSpan.FromSeconds(30),
            "the standby serves");

        Assert.Equal(200, (await gateway.GetAsync()).Status);

        await gateway.MetricReachesAsync(1, Key, ("by", "other_tier"));
    }

    [Fact]
    public async Task FirstTier_HealthyButNotHeld_IsNotSaved()
    {
        await using var primary = new ScriptedUpstream();
        await using var standby = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([primary.Url], [standby.Url]));
        await gateway.BecomesAsync("up", "standby");
        Assert.Equal(
            200,
            (await gateway.PostAsync("/clusters/guide/hold", """{ "tier": "standby", "for": "1h", "reason": "test" }""")).Status);

        Assert.Equal(200, (await gateway.GetAsync()).Status);

        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "live"));
        Assert.Equal(0, await gateway.MetricAsync(Key));
        Assert.Single(standby.Requests, static r => r.Target == "/");
    }

    /// <summary>
    /// The hedge saves its user only if what it overtook turns out to be ill: a destination that is merely slower harms nobody.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hedge_OfADestinationThatIsEjectedSoon_Saves(bool dies)
    {
        await using var slow = new ScriptedUpstream(static r => r.ClosedByPeerAsync());
        await using var quick = new ScriptedUpstream();
        // Nothing but the probe ejects it here, so that the test decides when.
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [slow.Url],
                [quick.Url],
                attempts: "hedge: 50ms",
                cluster: "    passive: { consecutiveFailures: 1000, minimumRequests: 1000000 }"));
        await gateway.BecomesAsync("up", "standby");

        Assert.Equal(200, (await gateway.GetAsync()).Status);
        await gateway.MetricReachesAsync(1, "gateway_hedges_total", ("won", "true"));
        if (dies)
        {
            slow.Healthy = false;
            await gateway.BecomesAsync("down", "primary");
            await gateway.MetricReachesAsync(1, Key, ("by", "hedge"));
        }

        Assert.Equal(dies ? 1 : 0, await gateway.MetricAsync(Key));
    }

    /// <summary>The hedge fails, and the first attempt serves its user after all.</summary>
    [Fact]
    public async Task Hedge_Fails_SavesNothing()
    {
        await using var slow = new ScriptedUpstream(static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1500), TimeProvider.System);
            await r.RespondAsync("ok");
        });
        await using var bad = new ScriptedUpstream(static r =>
        {
            r.Reset();
            return Task.CompletedTask;
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [slow.Url],
                [bad.Url],
                attempts: "hedge: 50ms, max: 2",
                route: "    level: high"));
        await gateway.BecomesAsync("up", "standby");

        Assert.Equal(200, (await gateway.GetAsync()).Status);

        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "live"));
        Assert.NotEmpty(bad.Requests);
        Assert.Equal(0, await gateway.MetricAsync(Key));
    }

    [Fact]
    public async Task InterruptedStream_GoesOnElsewhere_IsSavedByResume()
    {
        await using var first = new ScriptedUpstream(static async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("id: 0\ndata: a\n\n");
            r.Reset();
        });
        await using var second = new ScriptedUpstream(static async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("id: 1\ndata: b\n\n");
            await r.EndChunksAsync();
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [first.Url],
                [second.Url],
                route: "    stream: { onInterrupt: resume }"));

        Assert.True(
            (await gateway.AskAsync("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n")).IsWhole);

        await gateway.MetricReachesAsync(1, Key, ("by", "resume"));
        Assert.Equal(1, await gateway.MetricAsync(Key));
    }

    [Theory]
    [InlineData("    lastGood: {}\n    fallback: [ lastGood ]", "last_good", "degraded")]
    [InlineData("    fallback: [ { file: it.json } ]", "file", "degraded")]
    // A page that says 503 is a failure like any other 5xx, and saves nobody.
    [InlineData("    fallback: [ { file: it.json, status: 503 } ]", null, "failed")]
    [InlineData("", null, "failed")]
    public async Task EverythingDown_IsSavedByTheFallbackChain(string route, string? by, string outcome)
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url], route: route);
        await using var gateway = await InProcessGateway.StartAsync(config, new Dictionary<string, string> { ["static/it.json"] = "{}" });
        Assert.Equal(200, (await gateway.GetAsync()).Status);
        if (by == "last_good")
        {
            await gateway.MetricReachesAsync(1, "gateway_last_good_stored_total");
        }

        guide.StopListening();
        guide.CloseConnections();
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.ServingAsync()).Length == 0,
            TimeSpan.FromSeconds(30),
            "no tier serves");
        Assert.Equal(outcome == "failed" ? 503 : 200, (await gateway.GetAsync()).Status);

        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", outcome));
        Assert.Equal(by is null ? 0 : 1, await gateway.MetricAsync(Key));
        if (by is not null)
        {
            Assert.Equal(1, await gateway.MetricAsync(Key, ("by", by)));
        }
    }

    [Theory]
    [InlineData("", RequestOutcome.Live, 200, 1, false)]
    [InlineData("", RequestOutcome.Live, 404, 1, false)]
    [InlineData("", RequestOutcome.Failed, 500, 1, true)]
    [InlineData("", RequestOutcome.Failed, 503, 1, true)]
    // Cut: the status was fine.
    [InlineData("", RequestOutcome.Failed, 200, 1, true)]
    [InlineData("", RequestOutcome.Degraded, 200, 1, true)]
    [InlineData("", RequestOutcome.Refused, 400, 1, false)]
    [InlineData("", RequestOutcome.Aborted, 200, 9, false)]
    [InlineData("503, 429", RequestOutcome.Failed, 500, 1, false)]
    [InlineData("503, 429", RequestOutcome.Failed, 503, 1, true)]
    [InlineData("503, 429", RequestOutcome.Live, 429, 1, true)]
    [InlineData("503, 429", RequestOutcome.Failed, 200, 1, true)]
    [InlineData("slow", RequestOutcome.Live, 200, 1, false)]
    [InlineData("slow", RequestOutcome.Live, 200, 3, true)]
    [InlineData("slow", RequestOutcome.Aborted, 200, 3, false)]
    [InlineData("slow stream", RequestOutcome.Live, 200, 3, false)]
    public void IsBad_ByOutcomeStatusAndTime(string rule, object outcome, int status, int seconds, bool bad)
    {
        var slo = rule switch
        {
            "" => new SloConfig(),
            "503, 429" => new SloConfig { EveryServerError = false, Statuses = [503, 429] },
            _ => new SloConfig { SlowerThan = TimeSpan.FromSeconds(2) },
        };
        var route = new RouteConfig
        {
            Name = "r",
            Path = "/",
            Cluster = "c",
            Slo = slo,
            Stream = rule == "slow stream"
            ? new StreamConfig()
            : null
        };

        Assert.Equal(bad, SloRule.IsBad(route, (RequestOutcome)outcome, status, TimeSpan.FromSeconds(seconds)));
    }

    private static async Task FailAsync(UpstreamRequest request, string fault)
    {
        switch (fault)
        {
            case "reset":
                request.Reset();
                break;
            case "cut":
                await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                request.Close();
                break;
            default:
                await request.RespondAsync("busy", 503);
                break;
        }
    }
}
