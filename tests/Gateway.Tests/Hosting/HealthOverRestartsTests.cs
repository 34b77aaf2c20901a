using Gateway.Fleet;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>A restart is no failback, and no amnesty: without Redis the state folder remembers.</summary>
[Trait("kind", "socket")]
public sealed class HealthOverRestartsTests
{
    private const string Slow = "    failback: { after: 30s }\n    passive: { ejectFor: 5m, maxEjectFor: 10m }";

    [Fact]
    public async Task Gateway_ThatIsStartedAgain_StaysWithItsTier_UntilTheBetterOneHasProvedItself()
    {
        using var folder = new TemporaryFolder();
        await using var a = new ScriptedUpstream(static r => r.RespondAsync("a"));
        await using var b = new ScriptedUpstream(static r => r.RespondAsync("b"));
        var config = ConfigOf(folder, a, b);
        await using (var first = await InProcessGateway.StartAsync(config))
        {
            a.Healthy = false;
            await Eventually.BecomeTrueAsync(
                async () => await first.ServingAsync() == "standby", TimeSpan.FromSeconds(30), "the standby serves");
            a.Healthy = true;
        }

        var before = a.Requests.Count;
        await using var second = await InProcessGateway.StartAsync(config);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("b", (await second.GetAsync()).Body);
        }

        Assert.Equal(before, a.Requests.Count);
        Assert.Equal("standby", await second.ServingAsync());
        Assert.Contains(
            "After the restart: Cluster 'guide' goes on where it was", await second.JournalTextAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await TransitionsToAsync(second, "standby"));
    }

    [Fact]
    public async Task Destination_ThatRequestsHadEjected_StaysEjected_ThoughItsProbesPass()
    {
        using var folder = new TemporaryFolder();
        await using var a = new ScriptedUpstream(static r => r.RespondAsync("a"));
        await using var c = new ScriptedUpstream(static r => r.RespondAsync("c"));
        await using var b = new ScriptedUpstream(static r => r.RespondAsync("b"));
        var config = ConfigOf(folder, [a, c], b);
        await using (var first = await InProcessGateway.StartAsync(config))
        {
            a.Script = static r => r.RespondAsync("no", status: 502);
            await Eventually.BecomeTrueAsync(
                async () =>
                {
                    await first.GetAsync();
                    return await first.HealthStatusAsync("primary") == "ejected";
                },
                TimeSpan.FromSeconds(30),
                "it is ejected");
        }

        await using var second = await InProcessGateway.StartAsync(config);
        Assert.Equal("ejected", await second.HealthStatusAsync("primary"));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("c", (await second.GetAsync()).Body);
        }
    }

    // While the first tier serves and has always, there is nothing to remember.
    [Fact]
    public async Task Gateway_WithoutADisturbance_WritesNothing()
    {
        using var folder = new TemporaryFolder();
        await using var a = new ScriptedUpstream(static r => r.RespondAsync("a"));
        await using var b = new ScriptedUpstream(static r => r.RespondAsync("b"));
        await using (var gateway = await InProcessGateway.StartAsync(ConfigOf(folder, a, b)))
        {
            Assert.Equal("a", (await gateway.GetAsync()).Body);
        }

        Assert.False(File.Exists(Path.Combine(folder.Path, "health")));
    }

    [Theory]
    [InlineData("FITS", "standby")]
    [InlineData("rubbish", "primary")]
    [InlineData("OLD", "primary")]
    [InlineData("FUTURE", "primary")]
    [InlineData("TIER", "primary")]
    [InlineData("HUGE", "primary")]
    public async Task SavedState_IsUsedIfItFits_AndTheGatewayStartsWhateverItIs(string content, string serving)
    {
        using var folder = new TemporaryFolder();
        await using var a = new ScriptedUpstream(static r => r.RespondAsync("primary"));
        await using var b = new ScriptedUpstream(static r => r.RespondAsync("standby"));
        var at = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(content switch { "OLD" => -11, "FUTURE" => 5, _ => 0 });
        var active = content == "TIER" ? "gone" : "standby";
        var activeFor = content == "HUGE" ? TimeSpan.MaxValue : TimeSpan.FromMinutes(1);
        var saved = new SavedClusterRecord(
            at.ToUnixTimeMilliseconds(), new("guide", active, activeFor, 0, null, null, 1, [], [], null));
        await File.WriteAllBytesAsync(
            Path.Combine(folder.Path, "health"),
            content == "rubbish" ? "rubbish\n"u8.ToArray() : [.. FleetPayload.Encode(saved), .. "\n"u8],
            TestContext.Current.CancellationToken);

        await using var gateway = await InProcessGateway.StartAsync(ConfigOf(folder, a, b));

        Assert.Equal(serving, (await gateway.GetAsync()).Body);
        Assert.Equal(serving, await gateway.ServingAsync());
    }

    private static string ConfigOf(TemporaryFolder folder, ScriptedUpstream primary, ScriptedUpstream standby) =>
        ConfigOf(folder, [primary], standby);

    private static string ConfigOf(TemporaryFolder folder, ScriptedUpstream[] primary, ScriptedUpstream standby) =>
        InProcessGateway.Config([.. primary.Select(static one => one.Url)], [standby.Url], cluster: Slow)
            .Replace("FOLDER/state", folder.Path, StringComparison.Ordinal);

    private static async Task<int> TransitionsToAsync(InProcessGateway gateway, string tier) =>
        (await gateway.TransitionsAsync()).Count(one => one.What.Contains($">{tier}", StringComparison.Ordinal));
}
