using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Fallback;

/// <summary>The step <c>{ lastGood: {}, after: … }</c>: a stored response when the live one is late, which renews it behind.</summary>
[Trait("kind", "socket")]
public sealed class LateResponseTests
{
    private const string Route = "    lastGood: { refreshEvery: 0s }\n    fallback: [ { lastGood: {}, after: 150ms } ]\n";

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task LiveResponse_Late_GivesTheStoredOneAndRenewsIt(bool isTls, bool isLarge)
    {
        var padding = isLarge ? new string('.', 100_000) : "";
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new ScriptedUpstream(request => request.RespondAsync("first" + padding), isTls);
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        Assert.Equal("first" + padding, (await gateway.GetAsync("/a")).Body);
        await gateway.MetricReachesAsync(1, "gateway_last_good_stored_total");

        // 1. Late: the stored one, whole, although the live one has not even begun.
        upstream.Script = async request =>
        {
            await release.Task;
            await request.RespondAsync("second" + padding);
        };
        var stored = await gateway.GetAsync("/a");
        Assert.Equal((200, "first" + padding, true), (stored.Status, stored.Body, stored.IsWhole));
        Assert.Equal(["last-good"], stored.Header("X-Fallback"));
        Assert.Equal(["close"], stored.Header("Connection"));
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("route", "all"), ("outcome", "degraded"));
        Assert.Equal(2, upstream.Requests.Count);

        // 2. The live one comes after its user has left, and is what the next late request gets.
        release.SetResult();
        await gateway.MetricReachesAsync(2, "gateway_last_good_stored_total");
        upstream.Script = static request => request.ClosedByPeerAsync();
        Assert.Equal("second" + padding, (await gateway.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task LiveResponse_InTimeOrWithoutAStoredOne_IsAwaited()
    {
        await using var upstream = new ScriptedUpstream(static async request =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(request.Target == "/slow" ? 600 : 0), TimeProvider.System);
            await request.RespondAsync("live");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: Route));
        var slow = await gateway.GetAsync("/slow");
        Assert.Equal((200, "live"), (slow.Status, slow.Body));
        Assert.Empty(slow.Header("X-Fallback"));
        Assert.Empty(slow.Header("Connection"));

        // A write is never answered from what is stored.
        Assert.Equal("live", (await gateway.AskAsync("POST /slow HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n")).Body);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task LiveResponse_LateOverHttp2_LeavesTheConnectionOpen()
    {
        var calls = 0;
        await using var upstream = new ScriptedUpstream(async request =>
        {
            if (Interlocked.Increment(ref calls) == 2)
            {
                await request.ClosedByPeerAsync();
            }
            else
            {
                await request.RespondAsync("live");
            }
        });
        await using var gateway =
            await InProcessGateway.StartTlsAsync(InProcessGateway.Config(
                [upstream.Url],
                cluster: "    timeouts: { firstByte: 10s, total: 20s }\n",
                route: Route));
        foreach (var fallback in (string?[])[null, "last-good", null])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/a"))
            {
                Version = System.Net.HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact
            };
            using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal("live", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal(fallback, response.Headers.TryGetValues("X-Fallback", out var values) ? values.Single() : null);
        }
    }
}
