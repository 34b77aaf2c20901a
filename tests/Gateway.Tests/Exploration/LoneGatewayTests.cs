using Xunit;

namespace Gateway.Tests.Exploration;

/// <summary>Every history of one gateway: docs/proofs.md.</summary>
[Trait("kind", "unit")]
[Trait("takes", "long")]
public sealed class LoneGatewayTests(ITestOutputHelper output)
{
    /// <summary>A world that shrinks proves less: each has at least so many states.</summary>
    [Theory]
    [InlineData(nameof(ExploredRules.Automatic), 6_000)]
    [InlineData(nameof(ExploredRules.Manual), 7_000)]
    [InlineData(nameof(ExploredRules.Patient), 8_000)]
    [InlineData(nameof(ExploredRules.Reloaded), 19_000)]
    [InlineData(nameof(ExploredRules.Three), 110_000)]
    public void AnyHistory_OfOneGateway_KeepsEveryInvariant(string name, int atLeast)
    {
        var rules = ExploredRules.Of(name);
        var result = new Search<LoneGateway>(new MachineWorld(rules), new SearchLimits(1_000_000, Threads: 2)).Run();
        output.WriteLine(result.ToString());

        Assert.True(result.Problem is null, result.Problem);
        Assert.True(result.IsExhausted, result.ToString());
        Assert.InRange(result.States, atLeast, int.MaxValue);
        Assert.InRange(result.Rest!.LongestToRest, 1, rules.RestAfter);
    }
}
