using Gateway.Consensus;
using Gateway.Failover;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What a tier counts for.</summary>
public sealed class TierEvaluatorTests
{
    [Theory]
    [InlineData("Healthy", true, false, "Healthy")]
    [InlineData("Healthy", true, true, "Degraded")]
    [InlineData("Unverified", true, true, "Degraded")]
    [InlineData("Degraded", true, false, "Unverified")]
    [InlineData("Degraded", false, false, "Degraded")]
    [InlineData("Degraded", true, true, "Degraded")]
    [InlineData("Unavailable", false, false, "Unavailable")]
    [InlineData("Unavailable", false, true, "Unavailable")]
    public void Weigh_OwnEyesAndTheFleets_ComeTo(string own, bool reachable, bool condemned, string expected)
    {
        Assert.Equal(
            Enum.Parse<TierHealth>(expected),
            TierEvaluator.Weigh(Enum.Parse<TierHealth>(own), reachable, new TierGuidance("a", 1, condemned, MayReturn: false)));
        Assert.Equal(Enum.Parse<TierHealth>(own), TierEvaluator.Weigh(Enum.Parse<TierHealth>(own), reachable, null));
    }
}
