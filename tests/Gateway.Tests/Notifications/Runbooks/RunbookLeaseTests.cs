using Gateway.Configuration.Model;
using Gateway.Notifications.Runbooks;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>The fleet's permit, by a real Redis.</summary>
[Trait("kind", "server")]
public sealed class RunbookLeaseTests
{
    private static readonly RunbookConfig Runbook = new()
    {
        Name = "restart",
        Do = [new NotifyStep()],
        Limits = new RunbookLimits { PerHour = 2 },
    };

    [Fact]
    public async Task Permit_IsGivenToOneAtATime_OnceForAFault_AndSoOftenAnHour()
    {
        using var redis = await RedisServer.StartAsync();
        var config = new RedisConfig { Endpoints = [redis.Endpoint] };
        await using var one = await RedisUnderTest.ConnectAsync(config);
        await using var other = await RedisUnderTest.ConnectAsync(config);
        var (mine, theirs) = (new RunbookLease(one, TimeProvider.System), new RunbookLease(other, TimeProvider.System));

        Assert.Equal(RunbookPermit.Granted, await TakeAsync(mine, "a"));
        Assert.Equal(RunbookPermit.Others, await TakeAsync(theirs, "a"));
        Assert.Equal(RunbookPermit.Others, await TakeAsync(theirs, "b"));
        await mine.ReleaseAsync("guide");

        // A fault that is older than the last try has not been well since; a younger one has.
        Assert.Equal(RunbookPermit.Tried, await TakeAsync(theirs, "a", minutes: 5));
        Assert.Equal(RunbookPermit.Granted, await TakeAsync(theirs, "a", minutes: -1));
        await theirs.ReleaseAsync("guide");
        Assert.Equal(RunbookPermit.TooMany, await TakeAsync(mine, "b"));

        redis.Kill();
        await Eventually.BeTrueAsync(() => !one.IsUp, TimeSpan.FromSeconds(30), "it is away");
        Assert.Equal(RunbookPermit.Unreachable, await TakeAsync(mine, "b"));
    }

    [Fact]
    public async Task Lease_TakenByAnother_IsLost()
    {
        using var redis = await RedisServer.StartAsync();
        await using var one = await RedisUnderTest.ConnectAsync(new RedisConfig { Endpoints = [redis.Endpoint] });
        var lease = new RunbookLease(one, TimeProvider.System);
        Assert.Equal(RunbookPermit.Granted, await TakeAsync(lease, "a"));
        using var over = new CancellationTokenSource();
        var keeping = lease.KeepAsync("guide", over.Token);
        redis.Command("SET gateway:runbook:lease:guide another");

        Assert.False(await keeping.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    private static Task<RunbookPermit> TakeAsync(RunbookLease lease, string destination, int minutes = 1) => lease.TakeAsync(
        new RunbookFault(Runbook, new FaultKey("restart", "guide", destination), "primary", TimeSpan.Zero),
        TimeSpan.FromMinutes(minutes),
        TestContext.Current.CancellationToken);
}
