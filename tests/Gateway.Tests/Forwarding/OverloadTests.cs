using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class OverloadTests
{
    private const string Levels = """
          low:
            match: { path: "/low/{**rest}" }
            cluster: guide
            level: low
          medium:
            match: { path: "/medium/{**rest}" }
            cluster: guide
            level: medium
        """;

    [Fact]
    public async Task Capacity_FillsUp_LevelsAreShedInTheirOrder()
    {
        var release = new TaskCompletionSource();
        await using var guide = new ScriptedUpstream(async r =>
        {
            await release.Task;
            await r.RespondAsync("live");
        });
        await using var gateway = await InProcessGateway.StartAsync(With(InProcessGateway.Config([guide.Url]), "primary", capacity: 10));
        var asked = new List<Task<RawResponse>>();
        async Task AskAsync(string path, int count)
        {
            for (var i = 0; i < count; i++)
            {
                asked.Add(gateway.GetAsync(path));
                await Eventually.BeTrueAsync(
                    () => guide.Requests.Count == asked.Count,
                    TimeSpan.FromSeconds(5),
                    $"the tier has request {asked.Count}");
            }
        }

        await AskAsync("/low/a", 7);
        await ShedAsync(gateway, "/low/a");
        await AskAsync("/medium/a", 2);
        await ShedAsync(gateway, "/medium/a");
        await AskAsync("/high", 1);
        await ShedAsync(gateway, "/high");
        release.SetResult();

        Assert.All(await Task.WhenAll(asked), static a => Assert.Equal("live", a.Body));
        Assert.Equal(200, (await gateway.GetAsync("/low/a")).Status);
    }

    [Fact]
    public async Task Capacity_OfOne_StillServesEveryLevelWhenIdle()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(With(InProcessGateway.Config([guide.Url]), "primary", capacity: 1));

        Assert.Equal(200, (await gateway.GetAsync("/low/a")).Status);
        Assert.Equal(200, (await gateway.GetAsync("/medium/a")).Status);
    }

    [Fact]
    public async Task Low_FirstTierIsGone_StaysOffTheStandby()
    {
        await using var guide = new ScriptedUpstream();
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("standby"));
        await using var gateway = await InProcessGateway.StartAsync(With(InProcessGateway.Config([guide.Url], [other.Url])));
        AttemptsTests.Kill(guide);

        Assert.Equal("standby", (await gateway.GetAsync("/high")).Body);
        Assert.Equal("standby", (await gateway.GetAsync("/medium/a")).Body);
        var low = await gateway.GetAsync("/low/a");

        Assert.Equal((503, "built-in"), (low.Status, low.Header("X-Fallback").Single()));
        Assert.DoesNotContain(other.Requests, static r => r.Target == "/low/a");
    }

    [Fact]
    public async Task RetryAfter_FromADestination_KeepsItsRouteAwayAsLong()
    {
        await using var busy = new ScriptedUpstream(static r => r.RespondAsync("busy", 503, "Retry-After: 30\r\n"));
        await using var other = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            busy.Url,
            other.Url
        ], cluster: "    balance: roundRobin"));
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                Assert.Equal("ok", (await gateway.GetAsync()).Body);
                return busy.Requests.Count > 0;
            },
            TimeSpan.FromSeconds(30),
            "the busy one was asked");
        await Eventually.BecomeTrueAsync(
            async () =>
                (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[0].GetProperty(
                    "avoidedBy").GetArrayLength() == 1,
            TimeSpan.FromSeconds(30),
            "it is avoided");
        var asked = busy.Requests.Count;

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("ok", (await gateway.GetAsync()).Body);
        }

        Assert.Equal(asked, busy.Requests.Count);
    }

    [Fact]
    public async Task Affinity_OneKey_StaysAndMovesOnlyWhenItMust()
    {
        await using var a = new ScriptedUpstream(static r => r.RespondAsync("a"));
        await using var b = new ScriptedUpstream(static r => r.RespondAsync("b"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            a.Url,
            b.Url
        ], cluster: "    affinity: { header: X-Conversation-Id }"));
        var homes = new Dictionary<int, string>();
        for (var key = 0; key < 20; key++)
        {
            homes[key] = (await gateway.GetAsync("/", $"X-Conversation-Id: k{key}\r\n")).Body;
        }

        for (var key = 0; key < 20; key++)
        {
            Assert.Equal(homes[key], (await gateway.GetAsync("/", $"X-Conversation-Id: k{key}\r\n")).Body);
        }

        Assert.Equal(2, homes.Values.Distinct(StringComparer.Ordinal).Count());
        AttemptsTests.Kill(a);
        for (var key = 0; key < 20; key++)
        {
            Assert.Equal("b", (await gateway.GetAsync("/", $"X-Conversation-Id: k{key}\r\n")).Body);
        }
    }

    private static async Task ShedAsync(InProcessGateway gateway, string path)
    {
        var response = await gateway.GetAsync(path);
        Assert.Equal((503, "built-in"), (response.Status, response.Header("X-Fallback").Single()));
        Assert.InRange(int.Parse(response.Header("Retry-After").Single()), 1, 60);
    }

    private static string With(string config, string? tier = null, int capacity = 0) =>
        (tier is null ? config : config.Replace($"name: {tier}, ", $"name: {tier}, capacity: {capacity}, ", StringComparison.Ordinal))
            + "\n"
            + Levels;
}
