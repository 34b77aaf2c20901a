using System.Text.RegularExpressions;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover.Comparison;

/// <summary>A gateway between clients and two tiers on real sockets, of which the first comes back.</summary>
[Trait("kind", "socket")]
public sealed class ComparedFailbackTests
{
    private const int Clients = 4;
    private const string Streams = "    stream: { firstContent: 5s }";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private int _served;
    private int _asked;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Each of these is healthy by its probes, and by passive detection.</summary>
    [Theory]
    [InlineData("five percent fail", "", "failed")]
    [InlineData("300 ms more", "", "slow to the first byte")]
    [InlineData("300 ms more", Streams, "slow to the first content")]
    public async Task Primary_ComesBackWorse_IsLeftAgainWithItsFigures(string how, string route, string by)
    {
        await using var primary = new ScriptedUpstream(WorseBy(how, route.Length > 0)) { Healthy = false };
        await using var standby = new ScriptedUpstream(WorseBy("", route.Length > 0));
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([primary.Url], [standby.Url], cluster: "    failback: { after: 300ms, ramp: 60s }", route: route));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var load = LoadAsync(gateway, static _ => null, stop.Token);
        await Eventually.BeTrueAsync(() => Volatile.Read(ref _served) >= 100, Patience, "the standby's times are known");

        primary.Healthy = true;
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.TransitionsAsync()).Any(static t => t.What == "primary>standby relapse"),
            Patience,
            "the primary is left again");

        var journal = await gateway.JournalTextAsync();
        await stop.CancelAsync();
        await load;
        Assert.True(Regex.IsMatch(journal, Told(by), RegexOptions.None, TimeSpan.FromSeconds(1)), journal);
        var now = (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("now").GetString();
        Assert.Matches("because during its return " + Told(by), now);
    }

    [Fact]
    public async Task Primary_ComesBackWell_HasEverythingInTime()
    {
        await using var primary = new ScriptedUpstream(WorseBy("", isStream: false)) { Healthy = false };
        await using var standby = new ScriptedUpstream(WorseBy("", isStream: false));
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([primary.Url], [standby.Url], cluster: "    failback: { after: 300ms, ramp: 4s }"));
        await ReturnsAsync(gateway, primary, static _ => null);
    }

    /// <summary>A tier that has always been slower than the other is no worse than it was.</summary>
    [Fact]
    public async Task Primary_SlowerByNature_HasEverythingInTime()
    {
        await using var primary = new ScriptedUpstream(WorseBy("300 ms more", isStream: false));
        await using var standby = new ScriptedUpstream(WorseBy("", isStream: false));
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([primary.Url], [standby.Url], cluster: "    failback: { after: 300ms, ramp: 6s }"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var load = LoadAsync(gateway, static _ => null, stop.Token);
        await Eventually.BeTrueAsync(() => Volatile.Read(ref _served) >= 100, Patience, "the primary's times are known");
        primary.Healthy = false;
        await Eventually.BecomeTrueAsync(async () => await gateway.ServingAsync() == "standby", Patience, "the standby serves");
        await stop.CancelAsync();
        await load;

        await ReturnsAsync(gateway, primary, static _ => null);
    }

    /// <summary>
    /// One conversation is broken and asks again and again: a sixth of what the primary gets in its first seconds. It counts once.
    /// </summary>
    [Fact]
    public async Task Primary_FailsOneConversationAllTheTime_HasEverythingInTime()
    {
        // One that goes to the primary from its first tenth on.
        var key = Enumerable.Range(0, 1000).Select(static n => $"broken {n}").First(static k => Balancer.UnitOf(k) < 0.05);
        await using var primary = new ScriptedUpstream(async request =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            await request.RespondAsync("primary", request.Header("X-Conversation-Id") is [var one] && one == key ? 500 : 200);
        })
        { Healthy = false };
        await using var standby = new ScriptedUpstream(WorseBy("", isStream: false));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [primary.Url],
            [standby.Url],
            cluster: """
                    failback: { after: 300ms, ramp: 8s }
                    affinity: { header: X-Conversation-Id }
                    passive: { consecutiveFailures: 100 }
                """));
        await ReturnsAsync(gateway, primary, n => n % 50 == 0 ? key : $"conversation {n}");

        var broken = primary.Requests.Count(r => r.Header("X-Conversation-Id") is [var one] && one == key);
        Assert.True(broken >= 5, $"The broken conversation asked the primary {broken} times.");
    }

    private async Task ReturnsAsync(InProcessGateway gateway, ScriptedUpstream primary, Func<int, string?> conversation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var load = LoadAsync(gateway, conversation, stop.Token);
        var before = Volatile.Read(ref _served);
        await Eventually.BeTrueAsync(() => Volatile.Read(ref _served) >= before + 300, Patience, "the standby's times are known");

        primary.Healthy = true;
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("clusters")[0] is var cluster
                && cluster.GetProperty("serving").GetString() == "primary"
                && cluster.GetProperty("condition").GetString() != "ramping",
            Patience,
            "the primary has everything");

        await stop.CancelAsync();
        await load;
        var transitions = await gateway.TransitionsAsync();
        Assert.Equal("standby>primary failback", transitions[^1].What);
        Assert.DoesNotContain(transitions, static t => t.What.EndsWith("relapse", StringComparison.Ordinal));
    }

    private Func<UpstreamRequest, Task> WorseBy(string how, bool isStream) => async request =>
    {
        // 60 ms: what takes 300 more is slow, and not late, which is far more than that.
        var wait = how == "300 ms more" ? 360 : 60;
        if (isStream)
        {
            await request.BeginEventsAsync();
        }

        await Task.Delay(TimeSpan.FromMilliseconds(wait), TimeProvider.System);
        if (isStream)
        {
            await request.ChunkAsync("data: x\n\n");
            await request.EndChunksAsync();
            return;
        }

        var fails = how == "five percent fail" && Interlocked.Increment(ref _asked) % 20 == 0;
        await request.RespondAsync("ok", fails ? 500 : 200);
    };

    private Task LoadAsync(InProcessGateway gateway, Func<int, string?> conversation, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => ClientAsync(gateway, conversation, stop)));

    private async Task ClientAsync(InProcessGateway gateway, Func<int, string?> conversation, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            if (conversation(Interlocked.Increment(ref _served)) is { } key)
            {
                request.Headers.Add("X-Conversation-Id", key);
            }

            try
            {
                using var response = await gateway.Client.SendAsync(request, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static string Told(string by) =>
        $@"primary \d+(\.\d)? % {by}, standby \d+(\.\d)? %, after [\d,]+ (requests|event streams)";
}
