using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Which response is the user's while others may still come, and where the attempts of a conversation go.</summary>
[Trait("kind", "socket")]
public sealed class ResponseClassTests
{
    [Theory]
    [InlineData(false, 404, 1, 0, true)]
    [InlineData(false, 500, 2, 0, true)]
    [InlineData(true, 200, 1, 0, true)]
    [InlineData(true, 204, 1, 0, true)]
    [InlineData(true, 206, 1, 0, true)]
    [InlineData(true, 304, 1, 0, true)]
    [InlineData(true, 302, 1, 0, false)]
    [InlineData(true, 404, 1, 0, false)]
    [InlineData(true, 429, 1, 0, false)]
    [InlineData(true, 500, 1, 0, false)]
    [InlineData(true, 404, 0, 0, true)]
    [InlineData(true, 404, 1, 410, true)]
    [InlineData(true, 404, 1, 500, false)]
    public void Wins_HedgeBesideARunningAttempt_OnlyWithASuccessOrASecondVoice(
        bool isHedge,
        int status,
        int earlierRunning,
        int heldStatus,
        bool wins) =>
        Assert.Equal(wins, AttemptPlan.Wins(isHedge, status, earlierRunning, heldStatus));

    [Theory]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(302)]
    public async Task Get_QuickErrorOfAHedge_WaitsForTheFirst(int status)
    {
        await using var slow = new ScriptedUpstream(static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
            await r.RespondAsync("right");
        });
        await using var quick = new ScriptedUpstream(r => r.RespondAsync("wrong", status));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([slow.Url], [quick.Url], attempts: "hedge: 20ms, max: 2"));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal((200, "right"), await StatusAndBodyAsync(gateway, "GET"));
        }

        Assert.NotEmpty(quick.Requests);
    }

    [Fact]
    public async Task Get_ErrorOfAHedgeAndFirstThatFails_IsTheError()
    {
        await using var slow = new ScriptedUpstream(static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            r.Reset();
        });
        await using var quick = new ScriptedUpstream(static r => r.RespondAsync("not here", 404));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([slow.Url], [quick.Url], attempts: "hedge: 20ms, max: 2"));

        Assert.Equal((404, "not here"), await StatusAndBodyAsync(gateway, "GET"));
    }

    [Theory]
    [InlineData("DELETE", "", "")]
    [InlineData("PUT", "", "body")]
    [InlineData("POST", "Idempotency-Key: a\r\n", "body")]
    [InlineData("POST", "Idempotency-Key: a\r\n", "")]
    public async Task Write_Slow_IsNeverSentBesideItself(string method, string headers, string body)
    {
        await using var slow = new ScriptedUpstream(static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
            await r.RespondAsync("done");
        });
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("twice", 404));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([slow.Url], [other.Url], attempts: "hedge: 20ms"));

        Assert.Equal((200, "done"), await StatusAndBodyAsync(gateway, method, headers, body));
        Assert.Single(slow.Requests);
        Assert.Empty(other.Requests);
    }

    /// <summary>A conversation's memory is in one instance: being late is no reason to ask another, being down is.</summary>
    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task Conversation_DestinationIsLate_StaysThere(string method)
    {
        await using var one = new ScriptedUpstream();
        await using var two = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            one.Url,
            two.Url
        ], cluster: "    affinity: { header: X-Conversation }", attempts: "hedge: 20ms"));
        await StatusAndBodyAsync(gateway, method, "X-Conversation: a\r\n");
        var (sticky, other) = one.Requests.Count > 0 ? (one, two) : (two, one);
        sticky.Script = static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            await r.RespondAsync("here");
        };

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await StatusAndBodyAsync(gateway, method, "X-Conversation: a\r\n")).Status);
        }

        Assert.Empty(other.Requests);
        sticky.Script = static r =>
        {
            r.Reset();
            return Task.CompletedTask;
        };
        Assert.Equal(200, (await StatusAndBodyAsync(gateway, method, "X-Conversation: a\r\n")).Status);
        Assert.NotEmpty(other.Requests);
    }

    [Fact]
    public void DrawOf_Conversations_AreSpreadEvenlyAndAlwaysAlike()
    {
        var draws = Enumerable.Range(0, 10_000).Select(static i => Balancer.UnitOf($"conversation-{i}")).ToArray();

        Assert.All(draws, static draw => Assert.InRange(draw, 0, 0.999999999999));
        for (var share = 0.1; share < 1; share += 0.1)
        {
            Assert.InRange(draws.Count(draw => draw < share) / 10_000.0, share - 0.02, share + 0.02);
        }

        Assert.Equal(draws[7], Balancer.UnitOf("conversation-7"));
    }

    private static async Task<(int Status, string Body)> StatusAndBodyAsync(
        InProcessGateway gateway,
        string method,
        string headers = "",
        string body = "")
    {
        var length = method is "GET" or "HEAD" ? "" : $"Content-Length: {body.Length}\r\n";
        var response = await RawClient.AskAsync(
            gateway.Url,
            $"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}{length}\r\n{body}",
            method);
        return (response.Status, response.Body);
    }
}
