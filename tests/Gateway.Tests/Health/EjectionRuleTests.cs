using Gateway.Configuration.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "unit")]
public class EjectionRuleTests
{
    private static readonly PassiveConfig Passive = new();

    [Theory]
    [InlineData(1, 0.5, 0)]
    [InlineData(1, 1.0, 0)]
    [InlineData(2, 0.5, 1)]
    [InlineData(2, 0.1, 1)]
    [InlineData(2, 1.0, 1)]
    [InlineData(3, 0.5, 1)]
    [InlineData(4, 0.5, 2)]
    [InlineData(10, 0.5, 5)]
    [InlineData(10, 1.0, 9)]
    public void MostEjected_OneAtLeastAndNeverAll(int destinations, double share, int most) =>
        Assert.Equal(most, EjectionRule.MostEjected(destinations, share));

    [Theory]
    [InlineData(3, false, 0, 0, false, true)]
    [InlineData(3, false, 0, 0, true, false)]
    [InlineData(3, false, 0, 2, true, false)]
    [InlineData(3, false, 0, 3, true, true)]
    [InlineData(3, false, 1, 0, true, false)]
    [InlineData(500, false, 1, 0, true, false)]
    [InlineData(3, true, 1000, 0, true, true)]
    [InlineData(2, true, 1000, 0, true, false)]
    [InlineData(3, false, 10, 9, true, false)]
    [InlineData(3, false, 10, 10, true, true)]
    public void IsDestinationWide_OneRouteAlone_IsNot(
        int run,
        bool onManyRoutes,
        long otherSuccesses,
        long otherFailures,
        bool othersServed,
        bool wide) =>
        Assert.Equal(
            wide,
            EjectionRule.IsDestinationWide(
                new FailureRun(run, onManyRoutes),
                new RouteCount(otherSuccesses, otherFailures),
                othersServed,
                Passive));

    [Theory]
    [InlineData(2, 0.0, false)]
    [InlineData(3, 0.0, true)]
    [InlineData(3, 0.009, true)]
    [InlineData(3, 0.1, false)]
    [InlineData(7, 0.1, true)]
    [InlineData(19, 0.5, false)]
    [InlineData(20, 0.5, true)]
    [InlineData(1000, 1.0, false)]
    public void IsBeyondChance_LongerRunsWhereFailuresAreUsual(int run, double usual, bool beyond) =>
        Assert.Equal(beyond, EjectionRule.IsBeyondChance(new FailureRun(run, OnManyRoutes: false), usual, Passive));
}
