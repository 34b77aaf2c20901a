using Gateway.Configuration.Model;
using Gateway.Notifications.Drills;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

/// <summary>The fleet's permit for a drill, by a real Redis.</summary>
[Trait("kind", "server")]
public sealed class DrillLeaseTests
{
    private static readonly DateTimeOffset Window = DrilledCluster.Begin;

    [Fact]
    public async Task Permit_IsForOneDrillAtATime_AndOnceAWindow()
    {
        using var redis = await RedisServer.StartAsync();
        var config = new RedisConfig { Endpoints = [redis.Endpoint] };
        await using var one = await RedisUnderTest.ConnectAsync(config);
        await using var other = await RedisUnderTest.ConnectAsync(config);
        var (mine, theirs) = (new DrillLease(one, TimeProvider.System), new DrillLease(other, TimeProvider.System));
        var stop = TestContext.Current.CancellationToken;

        Assert.Equal(DrillPermit.Granted, await mine.TakeAsync("a", Window, stop));
        Assert.Equal(DrillPermit.Others, await theirs.TakeAsync("a", Window, stop));
        Assert.Equal(DrillPermit.Others, await theirs.TakeAsync("b", Window, stop));
        await mine.ReleaseAsync();
        Assert.Equal(DrillPermit.Done, await theirs.TakeAsync("a", Window, stop));
        Assert.Equal(DrillPermit.Granted, await theirs.TakeAsync("a", Window.AddDays(1), stop));
        await theirs.ReleaseAsync();

        // One that did not begin after all leaves the window free; another's is left alone.
        Assert.Equal(DrillPermit.Granted, await mine.TakeAsync("c", Window, stop));
        await theirs.ForgetAsync("c", Window);
        await mine.ReleaseAsync();
        Assert.Equal(DrillPermit.Done, await theirs.TakeAsync("c", Window, stop));
        await mine.ForgetAsync("c", Window);
        Assert.Equal(DrillPermit.Granted, await theirs.TakeAsync("c", Window, stop));
        await theirs.ReleaseAsync();

        redis.Kill();
        await Eventually.BeTrueAsync(() => !one.IsUp, TimeSpan.FromSeconds(30), "it is away");
        Assert.Equal(DrillPermit.Unreachable, await mine.TakeAsync("b", Window, stop));
    }
}
