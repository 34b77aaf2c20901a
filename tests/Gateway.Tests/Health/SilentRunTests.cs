using Gateway.Configuration.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "unit")]
public sealed class SilentRunTests
{
    private static readonly PassiveConfig Passive = new();

    [Theory]
    [InlineData(20, 4, 10, true)]
    [InlineData(500, 64, 60, true)]
    [InlineData(19, 4, 10, false)]
    [InlineData(20, 3, 10, false)]
    [InlineData(500, 1, 60, false)]
    [InlineData(20, 4, 9, false)]
    public void IsSilent_EnoughRequestsOfManyTargetsForAWindow_EjectsEvenTheLast(int length, int targets, int seconds, bool isSilent) =>
        Assert.Equal(
            isSilent,
            EjectionRule.IsSilent(new SilentRun(length, targets, TimeSpan.FromSeconds(100)), Passive, TimeSpan.FromSeconds(100 + seconds)));
}
