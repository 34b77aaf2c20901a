using Gateway.Configuration;
using Gateway.Health;
using Xunit;

namespace Gateway.Tests.Health;

public sealed class SilentRunTests
{
    private static readonly PassiveConfig Passive = new();

    [Theory]
    [InlineData(20, 8, 10, true)]
    [InlineData(500, 64, 60, true)]
    [InlineData(19, 8, 10, false)]
    [InlineData(20, 7, 10, false)]
    [InlineData(500, 1, 60, false)]
    [InlineData(20, 8, 9, false)]
    public void IsSilent_EnoughRequestsOfManyTargetsForAWindow_EjectsEvenTheLast(int length, int targets, int seconds, bool isSilent) =>
        Assert.Equal(isSilent, EjectionRule.IsSilent(new SilentRun(length, targets, TimeSpan.FromSeconds(100)), Passive, TimeSpan.FromSeconds(100 + seconds)));
}
