using System.Globalization;
using Xunit;

namespace Gateway.Tests.Exploration;

/// <summary>The long search: eng/explore. Explicit, since it takes minutes and more than a gigabyte of memory.</summary>
[Trait("kind", "unit")]
public sealed class LongExplorationTests(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void TwoGateways_AnyHistory_KeepsEveryInvariant() => Explore(2, Setting("EXPLORE_DISTURBANCES_OF_TWO", 4), 20_000_000);

    [Fact(Explicit = true)]
    public void ThreeGateways_AnyHistory_KeepsEveryInvariant() => Explore(3, Setting("EXPLORE_DISTURBANCES_OF_THREE", 3), 10_000_000);

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private void Explore(int gateways, int disturbances, int mostStates)
    {
        var rules = new FleetRules(gateways);
        var limits = new SearchLimits(mostStates, disturbances, Environment.ProcessorCount);
        var began = TimeProvider.System.GetTimestamp();
        var result = new Search<FleetState>(new FleetWorld(rules), limits).Run();
        output.WriteLine($"{result}; {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s");

        Assert.True(result.Problem is null, result.Problem);
        Assert.True(result.IsComplete, result.ToString());
        Assert.InRange(result.Rest!.LongestToRest, 1, rules.RestAfter);
    }
}
