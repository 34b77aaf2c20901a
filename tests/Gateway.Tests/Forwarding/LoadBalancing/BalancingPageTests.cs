using System.Text.RegularExpressions;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding.LoadBalancing;

/// <summary>The examples of docs/balancing.md do what the page says of them.</summary>
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
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([fast.Url, slow.Url], cluster: Example("balance: peakEwma")));
        var slowly = 0;
        for (var i = 0; i < 100; i++)
        {
            slowly += (await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken)) == "slow" ? 1 : 0;
        }

        // One finds out, and one more per 10 s of the test at most finds out that it is still so.
        Assert.InRange(slowly, 0, 15);
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
