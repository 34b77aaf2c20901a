using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Whether a neighbour fails less often on the same route: half as often, and not by chance.</summary>
[Trait("kind", "unit")]
public sealed class NeighbourComparisonTests
{
    [Theory]
    [InlineData(0, 3, 0, 0, false)]
    [InlineData(0, 3, 3, 0, false)]
    [InlineData(0, 5, 5, 0, true)]
    [InlineData(0, 3, 10, 0, true)]
    [InlineData(0, 3, 7, 3, false)]
    [InlineData(0, 3, 70, 30, false)]
    [InlineData(0, 3, 90, 10, true)]
    [InlineData(0, 100, 0, 100, false)]
    [InlineData(0, 100, 49, 51, false)]
    [InlineData(0, 100, 51, 49, true)]
    [InlineData(8, 12, 18, 2, true)]
    [InlineData(10, 10, 18, 2, false)]
    [InlineData(0, 0, 100, 0, false)]
    [InlineData(0, 5, 0, 0, false)]
    [InlineData(1, 4, 5, 0, false)]
    [InlineData(2000, 2000, 3000, 1000, true)]
    [InlineData(2000, 2000, 2999, 1001, false)]
    public void IsBetter_HalfTheFailuresAndNoChance(long ownSuccesses, long ownFailures, long successes, long failures, bool better) =>
        Assert.Equal(better, NeighbourComparison.IsBetter(new RouteCount(successes, failures), new RouteCount(ownSuccesses, ownFailures)));

    [Fact]
    public void Counts_OfARoute_AreSubtractedEach()
    {
        var count = new RouteCount(50, 30) - new RouteCount(20, 10);
        Assert.Equal(new RouteCount(30, 20), count);
        Assert.Equal((50, 0.4), (count.Requests, count.FailureShare));
        Assert.Equal(0, default(RouteCount).FailureShare);
    }
}
