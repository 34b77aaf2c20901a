using Gateway.Fleet;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>A restart is no failback, and no amnesty: without Redis the state folder remembers.</summary>
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
    [InlineData("rubbish\n", "Line 1 of")]
    [InlineData("OLD", null)]
    [InlineData("FUTURE", null)]
    [InlineData("TIER", null)]
    public async Task Memory_ThatDoesNotFit_ChangesNothing(string content, string? logged)
    {
        using var folder = new TemporaryFolder();
        await using var a = new ScriptedUpstream(static r => r.RespondAsync("a"));
        await using var b = new ScriptedUpstream(static r => r.RespondAsync("b"));
        var taken = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(content switch { "OLD" => -11, "FUTURE" => 5, _ => 0 });
        var memory = new KeptMemory(
            taken.ToUnixTimeMilliseconds(),
            new("guide", content == "TIER" ? "gone" : "standby", TimeSpan.FromMinutes(1), 0, null, null, 1, [], [], null));
        await File.WriteAllBytesAsync(
            Path.Combine(folder.Path, "health"),
            logged is null ? [.. FleetPayload.Encode(memory), .. "\n"u8] : System.Text.Encoding.UTF8.GetBytes(content),
            TestContext.Current.CancellationToken);

        await using var gateway = await InProcessGateway.StartAsync(ConfigOf(folder, a, b));

        Assert.Equal("a", (await gateway.GetAsync()).Body);
        Assert.Equal("primary", await gateway.ServingAsync());
    }

    private static string ConfigOf(TemporaryFolder folder, ScriptedUpstream primary, ScriptedUpstream standby) =>
        ConfigOf(folder, [primary], standby);

    private static string ConfigOf(TemporaryFolder folder, ScriptedUpstream[] primary, ScriptedUpstream standby) =>
        InProcessGateway.Config([.. primary.Select(static one => one.Url)], [standby.Url], cluster: Slow)
            .Replace("FOLDER/state", folder.Path, StringComparison.Ordinal);

    private static async Task<int> TransitionsToAsync(InProcessGateway gateway, string tier) =>
        (await gateway.TransitionsAsync()).Count(one => one.What.Contains($">{tier}", StringComparison.Ordinal));
}
