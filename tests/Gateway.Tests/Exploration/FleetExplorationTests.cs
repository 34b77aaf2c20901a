using Xunit;

namespace Gateway.Tests.Exploration;

/// <summary>Every history of several gateways with few disturbances: docs/proofs.md. With more of them: eng/explore.</summary>
[Trait("kind", "unit")]
public sealed class FleetExplorationTests(ITestOutputHelper output)
{
    /// <summary>A world that shrinks proves less: each has at least so many states.</summary>
    [Theory]
    [InlineData(2, 2, 20_000)]
    [InlineData(3, 1, 1_000)]
    public void AnyHistory_OfAFleet_KeepsEveryInvariant(int gateways, int disturbances, int atLeast)
    {
        var rules = new FleetRules(gateways);
        var result = new Search<FleetState>(new FleetWorld(rules), new SearchLimits(1_000_000, disturbances, Threads: 2)).Run();
        output.WriteLine(result.ToString());

        Assert.True(result.Problem is null, result.Problem);
        Assert.True(result.IsComplete, result.ToString());
        Assert.InRange(result.States, atLeast, int.MaxValue);
        Assert.InRange(result.Rest!.LongestToRest, 1, rules.RestAfter);
    }
}
