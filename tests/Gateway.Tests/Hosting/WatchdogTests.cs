using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Hosting;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Hosting;

[Trait("kind", "socket")]
public sealed class WatchdogTests
{
    private readonly ManualTime _time = new();
    private readonly Journal _journal = new(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.3, false)]
    [InlineData(10, false)]
    [InlineData(11, true)]
    public void Standstill_ByTimeSinceTheLastTurn(double seconds, bool alarms) =>
        Assert.Equal(alarms, Watchdog.Standstill(TimeSpan.FromSeconds(seconds))?.Contains("stood still for 11 s", StringComparison.Ordinal)
            ?? false);

    [Fact]
    public async Task Loop_HeldUpByASubscriber_IsSeenAndTurnsAgain()
    {
        using var held = new ManualResetEventSlim();
        await using var dead = new RawServer();
        await dead.KillAsync();
        var config = new GatewayConfig
        {
            Listen = [],
            State = "state",
            StaticFallback = "static",
            Clusters = [new()
            {
                Name = "guide",
                Tiers = [new() { Name = "only", Destinations = [new() { Name = "a", Url = dead.Url }] }],
                Probe = new() { Interval = TimeSpan.FromMilliseconds(200), Timeout = TimeSpan.FromMilliseconds(100) }
            }],
            Routes = [],
        };
        await using var loop = new FailoverLoop(config, TimeProvider.System, NullLogger<FailoverLoop>.Instance, [_ => held.Wait(Cancel)]);
        await loop.StartAsync(Cancel);

        await Eventually.BeTrueAsync(() => loop.SinceTurn > TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30), "the loop stands still");
        held.Set();
        await Eventually.BeTrueAsync(() => loop.SinceTurn < TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), "the loop turns again");
    }

    [Theory]
    [InlineData(9, 1, false)]
    [InlineData(11, 1, true)]
    [InlineData(100, 60, false)]
    [InlineData(200, 60, true)]
    public void StoppedProbes_ByAgeAndInterval(int age, int interval, bool alarms)
    {
        var url = new Uri("http://127.0.0.1:9");
        var config = new GatewayConfig
        {
            Listen = [],
            State = "state",
            StaticFallback = "static",
            Clusters = [new()
            {
                Name = "guide",
                Tiers = [new() { Name = "only", Destinations = [new() { Name = "a", Url = url }] }],
                Probe = new() { Interval = TimeSpan.FromSeconds(interval) }
            }],
            Routes = [],
        };
        var destination = new DestinationView(
            "a",
            url,
            1,
            HealthStatus.Up,
            default,
            "",
            false,
            false,
            0,
            [],
            null,
            0,
            0,
            null,
            null,
            null,
            null,
            TimeSpan.FromSeconds(age));
        var view = new ClusterView(
            "guide",
            "only",
            default,
            null,
            1,
            null,
            default,
            [],
            null,
            [new TierView("only", TierHealth.Healthy, 1, 1, 1, null, 0, null, [destination])]);

        var said = Watchdog.StoppedProbes([view], config);

        Assert.Equal(alarms, said is not null);
        Assert.Equal(alarms, said?.Contains($"a of guide for {age} s", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public async Task Run_TaskDied_IsToldOnceInTheJournalAndSoIsItsEnd()
    {
        var watchdog = new Watchdog(_journal, _time, NullLogger<Watchdog>.Instance);
        string? disk = null;
        using var stopping = new CancellationTokenSource();
        watchdog.Register("records", () => disk);
        watchdog.Follow("config", "The loop", Task.FromException(new InvalidOperationException("broken.")), stopping.Token);
        Assert.Equal("The loop has ended (InvalidOperationException: broken). Restart the gateway.", Assert.Single(watchdog.Alarms()).Text);
        var running = watchdog.RunAsync(stopping.Token);
        disk = "The disk is full.";
        await UntilAsync(2);
        disk = null;
        await UntilAsync(3);

        Assert.Equal(["config", "records", "records"], _journal.Recent(10).Select(static e => e.Reason).Order(StringComparer.Ordinal));
        Assert.Equal("The alarm \"records\" is over.", _journal.Recent(1)[0].Text);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(watchdog.Alarms());

        Task UntilAsync(int entries) => Eventually.BeTrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return _journal.Recent(10).Count == entries;
            },
            TimeSpan.FromSeconds(20),
            $"{entries} entries");
    }
}
