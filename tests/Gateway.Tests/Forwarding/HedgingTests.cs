using System.Diagnostics;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class HedgingTests
{
    [Theory]
    [InlineData("auto")]
    [InlineData("80ms")]
    public async Task Silence_OfTheFirst_IsHiddenAndItsConnectionClosedAtOnce(string hedge)
    {
        await using var silent = new ScriptedUpstream(static r => r.ClosedByPeerAsync());
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("good"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([silent.Url], [other.Url], attempts: "hedge: "
            + hedge));

        var began = Stopwatch.GetTimestamp();
        var response = await gateway.GetAsync();
        var answered = Stopwatch.GetTimestamp();

        Assert.Equal("good", response.Body);
        Assert.InRange(Stopwatch.GetElapsedTime(began, answered).TotalMilliseconds, 50, 1000);
        await Eventually.BeTrueAsync(() => silent.Last.ClosedAt > 0, TimeSpan.FromSeconds(5), "the loser's connection is closed");
        Assert.InRange(Stopwatch.GetElapsedTime(answered, silent.Last.ClosedAt).TotalMilliseconds, -1000, 200);
        Assert.Equal(1, await gateway.MetricAsync("gateway_hedges_total"));
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
        await NothingInFlightAsync(gateway);
    }

    [Fact]
    public async Task Post_FirstIsSilent_IsNotHedged()
    {
        var release = new TaskCompletionSource();
        await using var slow = new ScriptedUpstream(async r =>
        {
            await release.Task;
            await r.RespondAsync("late");
        });
        await using var other = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([slow.Url], [other.Url], attempts: "hedge: 20ms"));

        var asking = gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        await Eventually.BeTrueAsync(() => slow.Requests.Count == 1, TimeSpan.FromSeconds(30), "it was sent");
        var hedged = await gateway.GetAsync("/beside");
        release.SetResult();

        Assert.Equal("ok", hedged.Body);
        Assert.Equal("late", (await asking).Body);
        Assert.DoesNotContain(other.Requests, static r => r.Method == "POST");
    }

    [Fact]
    public async Task Off_FirstIsSilent_NobodyElseIsAsked()
    {
        var release = new TaskCompletionSource();
        await using var slow = new ScriptedUpstream(async r =>
        {
            await release.Task;
            await r.RespondAsync("late");
        });
        await using var other = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [slow.Url],
                [other.Url],
                attempts: "hedge: off",
                cluster: "    timeouts: { firstByte: 700ms }"));

        var began = Stopwatch.GetTimestamp();
        var response = await gateway.GetAsync();

        // Only the first byte's own deadline moves it on.
        Assert.Equal("ok", response.Body);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 650, 3000);
        Assert.Equal(0, await gateway.MetricAsync("gateway_hedges_total"));
        release.SetResult();
    }

    [Fact]
    public async Task Storm_OfHedges_EndsWithTheBudget()
    {
        var release = new TaskCompletionSource();
        await using var slow = new ScriptedUpstream(async r =>
        {
            await release.Task;
            await r.RespondAsync("late");
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [slow.Url],
                [slow.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)],
                attempts: "hedge: 30ms, retryBudget: 0%"));

        var asking = Enumerable.Range(0, 100).Select(i => gateway.GetAsync("/" + i)).ToArray();
        await gateway.MetricReachesAsync(50, "gateway_attempts_skipped_total", ("reason", "budget"));
        release.SetResult();
        var responses = await Task.WhenAll(asking);

        Assert.All(responses, static a => Assert.Equal("late", a.Body));
        Assert.InRange(slow.Requests.Count, 110, 150);
        await NothingInFlightAsync(gateway);
    }

    internal static Task<TimeSpan> NothingInFlightAsync(InProcessGateway gateway) => Eventually.BecomeTrueAsync(
        async () => await gateway.MetricAsync("gateway_inflight") == 0, TimeSpan.FromSeconds(30), "no attempt is counted as under way");
}
