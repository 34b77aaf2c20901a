using System.Collections.Immutable;
using Gateway.Admin.Status;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Notifications;
using Gateway.Notifications.Drills;
using Gateway.Notifications.Runbooks;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Gateway.Redis;

namespace Gateway.Hosting;

/// <summary>
/// What this gateway does by itself: runbooks and scheduled drills, between the rooms that they ask and those that they tell.
/// </summary>
internal sealed class Automation : IAsyncDisposable
{
    private static readonly TimeSpan BudgetWindow = TimeSpan.FromDays(30);

    private readonly CancellationTokenSource _stopping = new();
    private readonly RunbookEngine _engine;
    private readonly DrillEngine _drills;
    private readonly DrillReporter _drillReporter;
    private readonly Records _records;
    private readonly FailoverLoop _loop;
    private readonly TimeProvider _time;
    private Task _running = Task.CompletedTask;
    private Task _drilling = Task.CompletedTask;

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
    public Automation(
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
        (_records, _loop, _time) = (records, loop, time);
        _drillReporter = new DrillReporter(records.Drills, records.Journal, notifier, time, log.For<DrillReporter>());
        var drills = new DrillSources
        {
            Config = () => config.Current,
            Clusters = () => loop.Views,
            Route = route => RequestCount.Of(instruments.Route(route).Sums),
            HasBudget = HasBudgetAsync,
            Command = actions.CommandAsync,
            Fleet = fleet is null ? null : () => fleet.View,
        };
        _drills = new DrillEngine(
            drills, records, redis is null ? null : new DrillLease(redis, time), _drillReporter, time, log.For<DrillEngine>());
    }

    /// <summary>The faults that this gateway sees, for the others' majority.</summary>
    public ImmutableArray<string> Votes => _engine.Votes;

    /// <summary>How old the proof of each promise is, and how scheduled drills of this process ended.</summary>
    public ProofReading Proofs
    {
        get
        {
            var now = _time.GetUtcNow();
            var proofs = ProofKeeper.Of(_loop.Views, _records.Proofs);
            return new([.. proofs.Select(one => new ProofAge(one.Cluster, one.Promise, one.AgeAt(now)))], _drillReporter.Counts);
        }
    }

    /// <summary>With what operators may see of scheduled drills.</summary>
    public AdminSources Complete(AdminSources sources) => sources with { WhyNoDrill = _drills.WhyNot };

    /// <summary>Begins; it ends with <see cref="StopAsync"/>.</summary>
    public void Start(Watchdog watchdog)
    {
        _running = Task.Run(() => _engine.RunAsync(_stopping.Token));
        _drilling = Task.Run(() => _drills.RunAsync(_stopping.Token));
        watchdog.Follow("runbooks", "The loop of the runbooks", _running, _stopping.Token);
        watchdog.Follow("drills", "The loop of the scheduled drills", _drilling, _stopping.Token);
    }

    /// <summary>Ends every run, and with it what it has taken away.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _drilling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _engine.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    // As long as too little was observed for a budget, what was observed must have met the objective.
    private async Task<bool?> HasBudgetAsync(string cluster, double slo, CancellationToken cancellationToken)
    {
        var ledger = await _records.ReadLedgerAsync(cluster, BudgetWindow, cancellationToken).ConfigureAwait(false);
        return ledger is null ? null
            : Availability.Of("30d", BudgetWindow, ledger, slo).BudgetLeft is { } left ? left > 0
            : RequestCount.Of(ledger.Requests).Meets(slo);
    }
}
