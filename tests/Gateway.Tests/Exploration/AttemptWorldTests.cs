using Xunit;

namespace Gateway.Tests.Exploration;

/// <summary>Every history of one request's attempts: docs/proofs.md.</summary>
[Trait("kind", "unit")]
public sealed class AttemptWorldTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void AnyHistory_OfOneRequest_KeepsEveryInvariant(bool mayRepeat, bool mayHedge)
    {
        var result = new Search<AttemptState>(new AttemptWorld(mayRepeat, mayHedge), new SearchLimits(1_000_000)).Run();
        output.WriteLine(result.ToString());

        Assert.True(result.Problem is null, result.Problem);
        Assert.True(result.IsExhausted, result.ToString());
        Assert.InRange(result.Rest!.LongestToRest, 1, AttemptWorld.Deadline);
    }
}
