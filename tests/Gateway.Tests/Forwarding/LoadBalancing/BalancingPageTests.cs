using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding.LoadBalancing;

/// <summary>The examples of docs/balancing.md do what the page says of them.</summary>
[Trait("kind", "socket")]
public sealed partial class BalancingPageTests
{
    [Fact]
    public async Task PeakEwma_OneIsTenTimesSlower_GetsAFewPercent()
    {
        await using var fast = new ScriptedUpstream(static r => r.RespondAsync("fast"));
        await using var slow = new ScriptedUpstream(static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            await r.RespondAsync("slow");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            fast.Url,
            slow.Url
        ], cluster: Example("balance: peakEwma")));
        var slowly = 0;
        for (var i = 0; i < 100; i++)
        {
            slowly += (await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken)) == "slow" ? 1 : 0;
        }

        // One finds out, and one more per 10 s of the test at most finds out that it is still so.
        Assert.InRange(slowly, 0, 15);
    }

    [Fact]
    public async Task SlowStart_ReadyAfterADrain_GetsLittleAtFirst()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            one.Url,
            other.Url
        ], cluster: Example("slowStart: 30s")));
        var atStart = await CountAsync(gateway, "other", 200);
        var path = $"/clusters/guide/destinations/127.0.0.1:{other.Port.ToString(CultureInfo.InvariantCulture)}";
        await gateway.PostAsync(path + "/drain", "{}");
        var drained = await CountAsync(gateway, "other", 50);
        await gateway.PostAsync(path + "/ready", "{}");
        var ready = await CountAsync(gateway, "other", 200);
        var status = (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations");

        Assert.InRange(atStart, 60, 140);
        Assert.Equal(0, drained);
        Assert.InRange(ready, 1, 50);
        Assert.InRange(status[1].GetProperty("startShare").GetDouble(), 0.1, 0.9);
        Assert.False(status[0].TryGetProperty("startShare", out _));
    }

    [Fact]
    public async Task Weight_AtRunTime_HoldsOverAReloadUntilItIsCleared()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        var config = InProcessGateway.Config([
            one.Url,
            $"{{ url: \"{other.Url}\", name: guide-b, weight: 1 }}"
        ], cluster: "    balance: roundRobin");
        await using var gateway = await InProcessGateway.StartAsync(config);
        const string Path = "/clusters/guide/destinations/guide-b/weight";
        var before = await CountAsync(gateway, "other", 100);
        var (_, said) = await gateway.PostAsync(Path, """{ "weight": 3, "reason": "new machine", "who": "ann" }""");
        var heavy = await CountAsync(gateway, "other", 100);
        gateway.WriteConfig(config.Replace("weight: 1", "weight: 2", StringComparison.Ordinal));
        await gateway.PostAsync("/config/reload", "{}");
        var reloaded = await CountAsync(gateway, "other", 100);
        var status = (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[1];
        var metric = await gateway.MetricAsync(
            "gateway_destination_weight",
            ("cluster", "guide"),
            ("tier", "primary"),
            ("destination", "guide-b"));
        await gateway.PostAsync(Path, """{ "clear": true }""");
        var cleared = await CountAsync(gateway, "other", 300);
        var after = (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[1];

        Assert.Equal(50, before);
        Assert.Contains(
            "Destination 'guide-b' has weight 3, 1 in the configuration: 75 % of tier 'primary' while all of it serves.",
            said,
            StringComparison.Ordinal);
        Assert.InRange(heavy, 73, 77);
        Assert.InRange(reloaded, 73, 77);
        Assert.Equal((3, 2), (status.GetProperty("weight").GetInt32(), status.GetProperty("weightOrder")
            .GetProperty("configured")
            .GetInt32()));
        Assert.StartsWith("ann (", status.GetProperty("weightOrder").GetProperty("by").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, metric);
        Assert.InRange(cleared, 195, 205);
        Assert.Equal(2, after.GetProperty("weight").GetInt32());
        Assert.False(after.TryGetProperty("weightOrder", out _));
        Assert.Contains("new machine", await gateway.JournalTextAsync(), StringComparison.Ordinal);
    }

    private static async Task<int> CountAsync(InProcessGateway gateway, string body, int requests)
    {
        var count = 0;
        for (var i = 0; i < requests; i++)
        {
            count += (await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken)) == body ? 1 : 0;
        }

        return count;
    }

    /// <summary>The example of the page that begins with a line, as lines of a cluster.</summary>
    private static string Example(string first) =>
        string.Join('\n', YamlBlock().Matches(File.ReadAllText(Repository.PathOf("docs", "balancing.md")))
            .Select(static block => block.Groups["yaml"].Value)
            .Single(yaml => yaml.StartsWith(first, StringComparison.Ordinal))
            .Split('\n').Select(static line => "    " + line));

    [GeneratedRegex("```yaml\n(?<yaml>.*?)\n```", RegexOptions.Singleline, 5000)]
    private static partial Regex YamlBlock();
}
