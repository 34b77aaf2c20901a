using Gateway.Notifications.Runbooks;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

[Trait("kind", "unit")]
public sealed class FleetSizeMemoryTests
{
    [Fact]
    public void Count_GatewaysThatAreCutOff_AreCountedForTenMinutes()
    {
        var memory = new FleetSizeMemory();

        Assert.Equal(3, memory.Count(["a", "b", "c"], TimeSpan.Zero));
        Assert.Equal(3, memory.Count(["a"], TimeSpan.FromMinutes(10)));
        Assert.Equal(3, memory.Count([], TimeSpan.FromMinutes(10)));
        Assert.Equal(1, memory.Count(["a"], TimeSpan.FromMinutes(11)));
    }
}
