using System.Globalization;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Gateway.Health.Signals.DeepProbes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Signals.DeepProbes;

/// <summary>Synthetic conversations: how one is judged, what comes of it, and which gateway of a fleet has them.</summary>
[Trait("kind", "server")]
public sealed class DeepProbeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("200", "application/json", "{\"answer\":\"4\"}", null)]
    [InlineData("200", "application/json", "{\"answer\":\"5\"}", "expected JSON value missing")]
    [InlineData("200", "application/json", "{\"answer\":", "expected JSON value missing")]
    [InlineData("200", "application/json", "{\"answer\":\"\\ud800\"}", "expected JSON value missing")]
    [InlineData("200", "application/json", "", "no content")]
    [InlineData("200", "application/json", " \r\n ", "no content")]
    [InlineData("503", "application/json", "{\"answer\":\"4\"}", "status 503")]
    [InlineData("302", "application/json", "{\"answer\":\"4\"}", "status 302")]
    [InlineData("200", "text/event-stream", "event: a\ndata: {\"answer\":\"3\"}\n\ndata: {\"answer\":\"4\"}\n\ndata: [DONE]\n\n", null)]
    [InlineData("200", "Text/Event-Stream; charset=utf-8", ": comment\r\ndata:{\"answer\":\"4\"}\r\n\r\n", null)]
    [InlineData("200", "text/event-stream", "data: {\"answer\":\"3\"}\n\n", "expected JSON value missing")]
    [InlineData("200", "text/event-stream", ": comment\nevent: a\ndata:\n\n", "no content")]
    [InlineData("200", "text/event-stream", "data: {\"answer\":\"4\"}", "no content")]
    [InlineData("200", "application/json", "<script>\u001b[31m", "expected JSON value missing")]
    public async Task Conversation_OfAnyResponse_IsJudged(string status, string type, string body, string? fails)
    {
        await using var server = new RawServer();
        server.Behaviour = server.Raw(
            string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} X\r\nContent-Type: {type}\r\n")
            + string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n{body}"));
        var result = await ConverseAsync(server.Url, Probe() with
        {
            Expect = new ExpectedResponse(200, 299) { Json = [new ExpectedJson("$.answer", "4")] },
        });
        Assert.Equal(fails is null ? SignalState.Clear : SignalState.Firing, result.State);
        Assert.Contains(fails ?? "first content after", result.Words, StringComparison.Ordinal);
        Assert.StartsWith("POST /chat?a=b HTTP/1.1\r\n", server.LastRequest, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/json\r\n", server.LastRequest, StringComparison.Ordinal);
        Assert.Contains("\r\nAuthorization: Bearer x\r\n", server.LastRequest, StringComparison.Ordinal);
    }

    // The limits: until the first content, and until the end.
    [Theory]
    [InlineData("", 300, 60_000, "no content in time")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", 300, 60_000, "no content in time")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: still there\n\n", 300, 60_000, "no content in time")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n", 60_000, 300, "it took too long")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1", 60_000, 300, "it took too long")]
    public async Task Conversation_ThatStands_IsTooLate(string response, int firstContent, int total, string fails)
    {
        await using var server = new RawServer();
        server.Behaviour = response.Length == 0 ? RawServer.Freeze : server.Raw(response, RawServer.Freeze);
        var probe = Probe() with { FirstContent = TimeSpan.FromMilliseconds(firstContent), Total = TimeSpan.FromMilliseconds(total) };
        var result = await ConverseAsync(server.Url, probe);

        // On a machine that is slow, the content itself may come too late.
        Assert.Equal(SignalState.Firing, result.State);
        Assert.Contains(result.Words, (string[])[fails, "no content in time"]);
    }

    [Fact]
    public async Task Conversation_BrokenOff_IsNamed()
    {
        await using var server = new RawServer();
        server.Behaviour = server.Raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1");
        Assert.Equal(ConversationResult.Failed("response cut off"), await ConverseAsync(server.Url, Probe()));
        var url = server.Url;
        await server.KillAsync();
        Assert.Equal(ConversationResult.Failed("connection refused"), await ConverseAsync(url, Probe()));
    }

    [Fact]
    public async Task DeepProbe_OfADestinationThatAnswersWrong_TakesRequestsFromItAndGivesThemBack()
    {
        var isIll = true;
        var asked = 0;
        await using var one = new ScriptedUpstream(r => RespondAsync(r, "one", static () => false));
        await using var other = new ScriptedUpstream(r => RespondAsync(r, "other", () => Volatile.Read(ref isIll)));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url, other.Url], cluster: """
                signals:
                  - name: talk
                    deepProbe: { path: /chat, body: '{"question":"2+2"}', expect: { json: { "$.answer": 4 } } }
                    every: 200ms
                    then: suspect
            """));
        await MetricsSignalTests.StateIsAsync(gateway, "clear", "firing");
        Assert.Equal(0, await MetricsSignalTests.CountAsync(gateway, "other", 50));
        var status = (await MetricsSignalTests.DestinationsAsync(gateway))[1].GetProperty("signals")[0].ToString();
        Assert.Contains("expected JSON value missing", status, StringComparison.Ordinal);

        Volatile.Write(ref isIll, false);
        await MetricsSignalTests.StateIsAsync(gateway, "clear", "clear");
        Assert.InRange(await MetricsSignalTests.CountAsync(gateway, "other", 200), 60, 140);
        Assert.True(Volatile.Read(ref asked) > 3);

        async Task RespondAsync(UpstreamRequest request, string name, Func<bool> isWrong)
        {
            if (request.Method is not "POST")
            {
                await request.RespondAsync(name);
                return;
            }

            Interlocked.Increment(ref asked);
            var question = Encoding.UTF8.GetString(await request.ReadBodyAsync());
            await request.RespondAsync(question is "{\"question\":\"2+2\"}" && !isWrong() ? "{\"answer\":4}" : "{\"answer\":5}");
        }
    }

    [Fact]
    public async Task Lease_OfAFleet_IsOfOneGatewayAndItsResultsAreOfAll()
    {
        using var redis = await RedisServer.StartAsync();
        await using var ours = await RedisUnderTest.ConnectAsync(ConfigOf(redis));
        await using var theirs = await RedisUnderTest.ConnectAsync(ConfigOf(redis));
        var first = new DeepProbeLease(ours, "guide\ntalk", TimeSpan.FromSeconds(2));
        var second = new DeepProbeLease(theirs, "guide\ntalk", TimeSpan.FromMinutes(5));
        var stop = TestContext.Current.CancellationToken;
        Assert.True(await first.TakeAsync(stop));
        Assert.True(await first.TakeAsync(stop));
        Assert.False(await second.TakeAsync(stop));
        Assert.True(await new DeepProbeLease(theirs, "guide\nother", TimeSpan.FromMinutes(5)).TakeAsync(stop));

        await first.WriteAsync(new Dictionary<string, bool>(StringComparer.Ordinal) { ["a"] = true, ["b"] = false }, stop);
        var read = await second.ReadAsync(stop);
        Assert.Equal([("a", true), ("b", false)], read.Select(static r => (r.Key, r.Value)).Order());

        // The first one is gone.
        await Eventually.BecomeTrueAsync(() => second.TakeAsync(stop), Patience, "the other one takes over");
        Assert.False(await first.TakeAsync(stop));
        await Eventually.BecomeTrueAsync(async () => (await first.ReadAsync(stop)).Count == 0, Patience, "its results are over");
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("{\"a\":3}")]
    [InlineData("[true]")]
    [InlineData("null")]
    public async Task Results_OfAnotherKind_SayNothing(string written)
    {
        using var redis = await RedisServer.StartAsync();
        await using var connection = await RedisUnderTest.ConnectAsync(ConfigOf(redis));
        var lease = new DeepProbeLease(connection, "guide\ntalk", TimeSpan.FromMinutes(5));
        var stop = TestContext.Current.CancellationToken;
        await lease.WriteAsync(new Dictionary<string, bool>(StringComparer.Ordinal) { ["a"] = true }, stop);
        var (_, keys) = await connection.ScanAsync(connection.Prefix + "deep-probe:*", "0", stop);
        var key = Assert.Single(keys);
        await connection.SetAsync([(key, Encoding.UTF8.GetBytes(written), TimeSpan.FromMinutes(5))], stop);
        Assert.Empty(await lease.ReadAsync(stop));
    }

    // Without Redis each gateway has its own.
    [Fact]
    public async Task Lease_WithoutRedis_IsOurs()
    {
        var lease = new DeepProbeLease(redis: null, "guide\ntalk", TimeSpan.FromSeconds(2));
        Assert.True(await lease.TakeAsync(TestContext.Current.CancellationToken));
        Assert.Empty(await lease.ReadAsync(TestContext.Current.CancellationToken));
    }

    private static RedisConfig ConfigOf(RedisServer redis) => new() { Endpoints = [redis.Endpoint] };

    private static DeepProbeConfig Probe() => new()
    {
        Path = "/chat?a=b",
        Body = "{\"question\":\"2+2\"}",
        Headers = [new HeaderLineConfig("Authorization", "Bearer x")],
        FirstContent = Patience,
        Total = Patience,
    };

    private static Task<ConversationResult> ConverseAsync(Uri url, DeepProbeConfig probe) => Conversation.RunAsync(
        new Destination("guide", "primary", "a", url), probe, TimeProvider.System, TestContext.Current.CancellationToken);
}
