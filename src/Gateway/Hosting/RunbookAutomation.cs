using System.Collections.Immutable;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Notifications;
using Gateway.Notifications.Runbooks;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Gateway.Redis;

namespace Gateway.Hosting;

/// <summary>The runbooks of this gateway, between the rooms that they ask and those that they tell.</summary>
internal sealed class RunbookAutomation : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly RunbookEngine _engine;
    private Task _running = Task.CompletedTask;

    /// <param name="config">The configuration in force.</param>
    /// <param name="loop">Shows the clusters.</param>
    /// <param name="actions">Carries out drains and their ends, here and at the other gateways.</param>
    /// <param name="fleet">The other gateways; null: there are none.</param>
    /// <param name="redis">What the gateways share; null: nothing.</param>
    /// <param name="records">Keeps the cases.</param>
    /// <param name="instruments">Counts them.</param>
    /// <param name="notifier">Tells people.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public RunbookAutomation(
        ConfigStore config,
        FailoverLoop loop,
        OperatorActions actions,
        FleetMembership? fleet,
        RedisConnection? redis,
        Records records,
        Instruments instruments,
        Notifier notifier,
        TimeProvider time,
        GatewayLog log)
    {
        var sources = new RunbookSources
        {
            Runbooks = () => config.Current.Runbooks,
            Clusters = () => loop.Views,
            Command = actions.CommandAsync,
            Fleet = fleet is null ? null : () => fleet.View,
        };
        var reporter = new RunbookReporter(instruments, records.Journal, notifier, time, log.For<RunbookReporter>());
        _engine = new RunbookEngine(
            sources,
            records.Runbooks,
            redis is null ? null : new RunbookLease(redis, time),
            reporter,
            notifier,
            time,
            log.For<RunbookEngine>());
    }

    /// <summary>The faults that this gateway sees, for the others' majority.</summary>
    public ImmutableArray<string> Votes => _engine.Votes;

    /// <summary>Cancelled when it stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Begins; the task ends with <see cref="StopAsync"/>.</summary>
    public Task Start() => _running = Task.Run(() => _engine.RunAsync(_stopping.Token));

    /// <summary>Ends every run, and with it its drain.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _engine.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }
}
