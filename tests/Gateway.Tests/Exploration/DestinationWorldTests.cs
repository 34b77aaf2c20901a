using Xunit;

namespace Gateway.Tests.Exploration;

/// <summary>Every history of one gateway and its destinations with few disturbances: docs/proofs.md.</summary>
[Trait("kind", "unit")]
public sealed class DestinationWorldTests(ITestOutputHelper output)
{
    /// <summary>A world that shrinks proves less: each has at least so many states.</summary>
    [Theory]
    [InlineData(nameof(ExploredRules.Destinations), 2, 1_000)]
    [InlineData(nameof(ExploredRules.AllDestinations), 2, 1_000)]
    public void AnyHistory_OfDestinations_KeepsEveryInvariant(string name, int disturbances, int atLeast)
    {
        var world = new DestinationWorld(ExploredRules.Of(name));
        var result = new Search<DestinationState>(world, new SearchLimits(1_000_000, disturbances, Threads: 2)).Run();
        output.WriteLine(result.ToString());

        Assert.True(result.Problem is null, result.Problem);
        Assert.True(result.IsComplete, result.ToString());
        Assert.InRange(result.States, atLeast, int.MaxValue);
    }
}
