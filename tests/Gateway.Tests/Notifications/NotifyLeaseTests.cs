using Gateway.Configuration.Model;
using Gateway.Notifications;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Gateway.Redis;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Notifications;

/// <summary>Several gateways that see the same event: who tells the receiver.</summary>
[Trait("kind", "server")]
public sealed class NotifyLeaseTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Instruments _instruments = new(NullLogger<Instruments>.Instance);
    private readonly List<RedisConnection> _connections = [];
    private readonly List<Notifier> _notifiers = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var notifier in _notifiers)
        {
            await notifier.DisposeAsync();
        }

        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }

        _instruments.Dispose();
    }

    [Fact]
    public async Task Event_SeenByThreeGateways_IsToldOnce_AndAgainWhenItHappensAgain()
    {
        using var redis = await RedisServer.StartAsync();
        await using var hook = await Receiver.StartAsync();
        await StartAsync(redis, 3, hook.Url);

        TellAll(Event("a"), Event("b"));
        await ToldAsync(hook, 2);
        TellAll(Event("last"));
        await ToldAsync(hook, 3);

        // Each queue is in order: when all have gone through the last, nothing of the others is left.
        await QueuesAreEmptyAsync(hook, 3);
        TellAll(Event("a"));
        await ToldAsync(hook, 4);
        await QueuesAreEmptyAsync(hook, 4);
    }

    [Fact]
    public async Task Gateway_ThatCannotDeliver_LeavesItToAnother()
    {
        using var redis = await RedisServer.StartAsync();

        // A 404 is not tried again by the same gateway.
        await using var hook = await Receiver.StartAsync(static (n, context) => Receiver.Status(context, n == 1 ? 404 : 200));
        await StartAsync(redis, 2, hook.Url);
        TellAll(Event("a"));
        await ToldAsync(hook, 2);
        await QueuesAreEmptyAsync(hook, 2);
    }

    [Fact]
    public async Task Gateway_ThatDiesWhileSending_HoldsUpTheOthersForTheLeaseAlone()
    {
        using var redis = await RedisServer.StartAsync();
        await using var hook = await Receiver.StartAsync();
        await using var dead = await ConnectAsync(redis);
        var receiver = new NotifyConfig { Webhook = hook.Url, Events = [NotifyEvent.DestinationDown] };
        Assert.Equal(
            LeaseState.Ours,
            await new NotifyLease(dead, TimeProvider.System).TakeAsync(Notifier.KeyOf(receiver), Event("a"), Cancel));
        await StartAsync(redis, 1, hook.Url);
        var since = TimeProvider.System.GetTimestamp();
        TellAll(Event("a"));
        await ToldAsync(hook, 1);
        Assert.True(TimeProvider.System.GetElapsedTime(since) > NotifyLease.LastsFor / 2, "It waited for the lease.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WithoutRedis_EachGatewayTellsForItself(bool isConfigured)
    {
        await using var hook = await Receiver.StartAsync();
        if (isConfigured)
        {
            using var redis = await RedisServer.StartAsync();
            await StartAsync(redis, 2, hook.Url);
            redis.Kill();
            await Eventually.BeTrueAsync(() => _connections.TrueForAll(static c => !c.IsUp), Patience, "Redis is gone");
        }
        else
        {
            Add(null);
            Add(null);
            await UseAsync(hook.Url);
        }

        TellAll(Event("a"));
        await ToldAsync(hook, 2);
    }

    [Fact]
    public async Task Lease_OfOneReceiver_SaysNothingOfAnotherNorOfAnotherEvent()
    {
        using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectAsync(redis);
        var (one, other) = (new NotifyLease(connection, TimeProvider.System), new NotifyLease(connection, TimeProvider.System));
        Assert.Equal(LeaseState.Ours, await one.TakeAsync("x", Event("a"), Cancel));
        Assert.Equal(LeaseState.Others, await other.TakeAsync("x", Event("a"), Cancel));
        Assert.Equal(LeaseState.Ours, await one.TakeAsync("x", Event("a"), Cancel));
        Assert.Equal(LeaseState.Ours, await other.TakeAsync("y", Event("a"), Cancel));
        Assert.Equal(LeaseState.Ours, await other.TakeAsync("x", Event("b"), Cancel));
        await other.EndAsync("x", Event("a"), delivered: true, Cancel);
        Assert.Equal(LeaseState.Others, await other.TakeAsync("x", Event("a"), Cancel));
        await one.EndAsync("x", Event("a"), delivered: true, Cancel);
        Assert.Equal(LeaseState.Sent, await other.TakeAsync("x", Event("a"), Cancel));
        Assert.Equal(LeaseState.Ours, await one.TakeAsync("x", Event("a"), Cancel));
        await one.EndAsync("x", Event("a"), delivered: false, Cancel);
        Assert.Equal(LeaseState.Ours, await other.TakeAsync("x", Event("a"), Cancel));
    }

    private static Notification Event(string destination) =>
        new(NotifyEvent.DestinationDown, TimeProvider.System.GetUtcNow(), $"guide: {destination} of primary is down.", "connection refused")
        {
            Cluster = "guide",
            Tier = "primary",
            Destination = destination
        };

    private static async Task<RedisConnection> ConnectAsync(RedisServer redis) =>
        await RedisUnderTest.ConnectAsync(new RedisConfig { Endpoints = [redis.Endpoint] });

    private async Task StartAsync(RedisServer redis, int count, Uri hook)
    {
        for (var i = 0; i < count; i++)
        {
            var connection = await ConnectAsync(redis);
            _connections.Add(connection);
            Add(connection);
        }

        await UseAsync(hook);
    }

    private void Add(RedisConnection? connection) =>
        _notifiers.Add(new Notifier(
            _instruments,
            new Journal(0),
            TimeProvider.System,
            NullLoggerFactory.Instance,
            new NotifyLease(connection, TimeProvider.System)));

    private async Task UseAsync(Uri hook)
    {
        foreach (var notifier in _notifiers)
        {
            await notifier.UseAsync([new NotifyConfig { Webhook = hook, Events = [NotifyEvent.DestinationDown] }]);
        }
    }

    private void TellAll(params Notification[] notifications)
    {
        foreach (var notification in notifications)
        {
            foreach (var notifier in _notifiers)
            {
                notifier.Publish(notification);
            }
        }
    }

    private static Task ToldAsync(Receiver hook, int count) =>
        Eventually.BeTrueAsync(() => hook.All.Count >= count, Patience, $"the receiver is told {count} times");

    private async Task QueuesAreEmptyAsync(Receiver hook, int count)
    {
        foreach (var notifier in _notifiers)
        {
            await Eventually.BeTrueAsync(() => notifier.Waiting == 0, Patience, "nothing waits");
        }

        Assert.Equal(count, hook.All.Count);
    }
}
