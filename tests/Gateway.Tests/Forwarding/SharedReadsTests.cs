using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// Requests that get the response of another one: equal reads in flight, and a young stored response that is renewed behind.
/// </summary>
[Trait("kind", "socket")]
public sealed class SharedReadsTests
{
    private const int Readers = 12;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EqualReads_BecomeOne_AndEachGetsItsResponse()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new ScriptedUpstream(async request =>
        {
            await gate.Task;
            await request.RespondAsync("one for all", 200, "X-Own: 1\r\n");
        });
        await using var gateway = await StartAsync(upstream, "collapse: true");

        var readers = Enumerable.Range(0, Readers).Select(_ => gateway.GetAsync("/a?x=1")).ToArray();
        var other = gateway.GetAsync("/a?x=2");
        await Eventually.BeTrueAsync(() => upstream.Requests.Count == 2, Patience, "each key is asked for once");
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancel);
        gate.SetResult();
        var responses = await Task.WhenAll(readers);

        Assert.Equal(200, (await other).Status);
        Assert.All(responses, static response => Assert.Equal((200, "one for all"), (response.Status, response.Body)));
        Assert.All(responses, static response => Assert.Equal(["1"], response.Header("X-Own")));
        Assert.All(responses, static response => Assert.Empty(response.Header("X-Fallback")));
        Assert.True(
            responses.Count(static response => response.Header("Cache-Status") is ["gateway; fwd=miss; collapsed"]) == Readers - 1,
            string.Join("\n--\n", responses.Select(static response => response.Head)));
        Assert.Equal(2, upstream.Requests.Count);
        await gateway.MetricReachesAsync(Readers - 1, "gateway_reused_responses_total", ("route", "all"), ("by", "collapse"));

        // The next one is a new read: nothing is a cache here.
        Assert.Empty((await gateway.GetAsync("/a?x=1")).Header("Cache-Status"));
        Assert.Equal(3, upstream.Requests.Count);
    }

    [Theory]
    [InlineData("Cache-Control: private", "")]
    [InlineData("Cache-Control: no-store", "")]
    [InlineData("Set-Cookie: a=b", "")]
    [InlineData("X-Any: 1", "Authorization: Basic eA==")]
    [InlineData("X-Any: 1", "Cookie: sid=1")]
    [InlineData("X-Any: 1", "Range: bytes=0-1")]
    [InlineData("X-Any: 1", "X-Api-Key: READER")]
    public async Task Response_OfOneUser_ReachesNoOther(string header, string asked)
    {
        var count = 0;
        await using var upstream = new ScriptedUpstream(async request =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
            await request.RespondAsync($"for {Interlocked.Increment(ref count)}", 200, header + "\r\n");
        });
        await using var gateway = await StartAsync(upstream, "collapse: true");

        var responses = await Task.WhenAll(Enumerable.Range(0, Readers).Select(reader =>
            gateway.GetAsync("/a", asked.Length == 0 ? "" : asked.Replace("READER", $"{reader}", StringComparison.Ordinal) + "\r\n")));

        Assert.All(responses, static response => Assert.Equal(200, response.Status));
        Assert.Equal(Readers, responses.Select(static response => response.Body).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Read_ThatFailsOrIsLeft_LetsTheOthersGoTheirOwnWay()
    {
        var gate = new TaskCompletionSource();
        var count = 0;
        await using var upstream = new ScriptedUpstream(async request =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                await gate.Task;
                await request.RespondAsync("no", 404);
                return;
            }

            await request.RespondAsync("yes");
        });
        await using var gateway = await StartAsync(upstream, "collapse: true");
        var first = gateway.GetAsync("/a");
        await Eventually.BeTrueAsync(() => upstream.Requests.Count == 1, Patience, "the first one is under way");
        var others = Enumerable.Range(0, 3).Select(_ => gateway.GetAsync("/a")).ToArray();
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancel);
        Assert.Single(upstream.Requests);
        gate.SetResult();

        Assert.Equal(404, (await first).Status);
        Assert.All(await Task.WhenAll(others), static response => Assert.Equal((200, "yes"), (response.Status, response.Body)));

        // A client that leaves ends its read, not that of the others.
        gate = new TaskCompletionSource();
        count = 0;
        await using (var leaving = await RawClient.ConnectAsync(gateway.Url))
        {
            await leaving.SendAsync("GET /b HTTP/1.1\r\nHost: shop.test\r\n\r\n");
            await Eventually.BeTrueAsync(() => upstream.Last.Target == "/b", Patience, "the leaving one is under way");
            others = [.. Enumerable.Range(0, 3).Select(_ => gateway.GetAsync("/b"))];
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancel);
            leaving.Reset();
        }

        Assert.All(await Task.WhenAll(others), static response => Assert.Equal((200, "yes"), (response.Status, response.Body)));
        gate.SetResult();
    }

    [Fact]
    public async Task Client_ThatReadsSlowly_HoldsUpNoOther()
    {
        var body = new string('a', 8 * 1024 * 1024);
        await using var upstream = new ScriptedUpstream(request => request.RespondAsync(request.Target == "/a" ? body : "other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [upstream.Url], cluster: "    timeouts: { firstByte: 60s, total: 120s }",
            route: "    lastGood: { collapse: true, maxBody: 16MiB }"));
        await using var slow = await RawClient.ConnectAsync(gateway.Url);
        await slow.SendAsync("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        await Eventually.BeTrueAsync(() => upstream.Requests.Count == 1, Patience, "the slow one is under way");

        // It reads nothing of a response that is longer than any socket's buffer.
        Assert.Equal(200, (await gateway.GetAsync("/a").WaitAsync(Patience, TimeProvider.System, Cancel)).Status);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task StoredResponse_ThatIsYoung_IsGivenAtOnce_AndRenewedByOne()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        var count = 0;
        await using var upstream = new ScriptedUpstream(async request =>
        {
            var mine = Interlocked.Increment(ref count);
            await gate.Task;
            await request.RespondAsync($"no. {mine}");
        });
        await using var gateway = await StartAsync(upstream, "staleWhileRevalidate: 1h, refreshEvery: 0s");
        Assert.Equal("no. 1", (await gateway.GetAsync("/a")).Body);
        await gateway.MetricReachesAsync(1, "gateway_last_good_entries");
        gate = new TaskCompletionSource();

        // All get the stored one, and one request renews it.
        var responses = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => gateway.GetAsync("/a")));
        Assert.All(responses, static response => Assert.Equal((200, "no. 1"), (response.Status, response.Body)));
        Assert.All(
            responses,
            static response => Assert.Contains(
                "stale-while-revalidate",
                Assert.Single(response.Header("Cache-Status")),
                StringComparison.Ordinal));
        Assert.All(responses, static response => Assert.Empty(response.Header("X-Fallback")));
        await Eventually.BeTrueAsync(() => upstream.Requests.Count == 2, Patience, "one request renews it");
        gate.SetResult();
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.GetAsync("/a")).Body is not "no. 1",
            Patience,
            "the new response is given");

        // Who wants a new one gets it.
        var before = upstream.Requests.Count;
        var fresh = await gateway.GetAsync("/a", "Cache-Control: no-cache\r\n");
        Assert.Empty(fresh.Header("Cache-Status"));
        Assert.True(upstream.Requests.Count > before);
    }

    private static Task<InProcessGateway> StartAsync(ScriptedUpstream upstream, string lastGood) =>
        InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: $"    lastGood: {{ {lastGood} }}"));
}
