using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Observability.History;

namespace Gateway.Notifications.Drills;

/// <summary>
/// Runs scheduled drills, and keeps what proves the promises: four turns a second of one loop, or one without a schedule. It is the only
/// writer of their state. Disk and Redis are waited for elsewhere, and what comes of them is brought to the next turn.
/// </summary>
internal sealed partial class DrillEngine
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BudgetWithin = TimeSpan.FromSeconds(5);

    private readonly DrillSources _sources;
    private readonly Records _records;
    private readonly DrillLease? _lease;
    private readonly DrillReporter _reporter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ProofKeeper _proofs;
    private readonly DrillPlanner _planner = new();
    private readonly ForeignDrills _foreign = new();
    private readonly DrillOrders _orders;
    private readonly ClusterCounts _counts;
    private readonly ConcurrentQueue<Action<DateTimeOffset>> _news = new();
    private DrillRun? _run;
    private CancellationTokenSource? _keeping;
    private long _lookedAt;
    private bool _isAsking;

    public DrillEngine(
        DrillSources sources, Records records, DrillLease? lease, DrillReporter reporter, TimeProvider time, ILogger<DrillEngine> logger)
    {
        (_sources, _records, _lease, _reporter) = (sources, records, lease, reporter);
        (_time, _logger) = (time, logger);
        (_proofs, _orders) = (new ProofKeeper(records.Proofs), new DrillOrders(sources, time, logger));
        _counts = new ClusterCounts(sources.Route);
    }

    /// <summary>Turns until it is cancelled; then a drill that runs gives back what it took away.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                Turn();
                timer.Period = _run is null && _sources.Config().Drills.Schedule.IsEmpty ? IdleInterval : Interval;
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }

        await StopAsync().ConfigureAwait(false);
    }

    /// <summary>What has kept a drill from beginning in a window; null: nothing has. Any thread may ask.</summary>
    public DrillRefusal? WhyNot(string drill, DateTimeOffset window) => _planner.WhyNot(drill, window);

    private void Turn()
    {
        try
        {
            var now = _time.GetUtcNow();
            _counts.Look(_sources.Config());
            _reporter.TellUnfinished();
            while (_news.TryDequeue(out var news))
            {
                news(now);
            }

            if (_lookedAt == 0 || _time.GetElapsedTime(_lookedAt) >= LookEvery)
            {
                _lookedAt = _time.GetTimestamp();
                _proofs.Look(_sources.Config(), _sources.Clusters(), _counts.All, now);
            }

            foreach (var one in _foreign.Harmful(_sources, _counts, _run?.Drill.Name, now))
            {
                _reporter.Stopped(one);
                _orders.GiveBack(one.Drill, ForeignDrills.DrainedBy(one.Cluster, one.Drill.Name), atOnce: true);
            }

            if (_run is { } run)
            {
                Step(run, now);
            }
            else
            {
                Plan(now);
            }
        }
        catch (Exception e)
        {
            // The loop must outlive any fault in one turn: what a drill has taken away must come back.
            LogTurnFailed(e);
        }
    }

    private void Plan(DateTimeOffset now)
    {
        var config = _sources.Config();
        foreach (var (drill, window, refusal) in _planner.TakeMissed(config.Drills, _records.Drills, now))
        {
            _ = SkipAsync(drill, window, refusal);
        }

        if (!config.Drills.Schedule.IsEmpty && !_isAsking && Next(now) is { } planned)
        {
            _isAsking = true;
            _ = AskAsync(planned);
        }
    }

    // What has to be waited for: the error budget, and the fleet's permit.
    private async Task AskAsync(PlannedDrill planned)
    {
        DrillRefusal? refusal = null;
        var permit = DrillPermit.Granted;
        try
        {
            var drill = planned.Drill;
            var slo = _sources.SloOf(drill.Cluster);
            var hasBudget = await _sources.HasBudget(drill.Cluster, slo, CancellationToken.None).WaitAsync(BudgetWithin, _time)
                .ConfigureAwait(false);
            refusal = hasBudget is null ? DrillRefusal.BudgetUnknown : hasBudget is false ? DrillRefusal.BudgetSpent : null;
            if (refusal is null && _lease is not null)
            {
                permit = await _lease.TakeAsync(drill.Name, planned.Window.Begin, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            refusal = DrillRefusal.BudgetUnknown;
            if (e is not TimeoutException)
            {
                // A disk that hangs has an alarm of its own.
                LogTurnFailed(e);
            }
        }

        _news.Enqueue(now => OnPermit(planned, refusal, permit, now));
    }

    private void OnPermit(PlannedDrill planned, DrillRefusal? refusal, DrillPermit permit, DateTimeOffset now)
    {
        _isAsking = false;
        refusal ??= permit switch
        {
            DrillPermit.Others => DrillRefusal.OtherDrill,
            DrillPermit.Unreachable => DrillRefusal.FleetUnreachable,
            _ => null,
        };
        if (refusal is { } reason)
        {
            _planner.Refused(planned.Drill, planned.Window, reason);
        }
        else if (permit == DrillPermit.Granted)
        {
            // Somebody may have begun to work meanwhile.
            if (Next(now) == planned)
            {
                Begin(planned, now);
                return;
            }

            if (_lease is { } lease)
            {
                _ = lease.GiveUpAsync(planned.Drill.Name, planned.Window.Begin);
            }
        }

        // Meanwhile one behind it may be asked for.
        _planner.Wait(planned.Drill.Name, now + AskEvery);
    }

    private PlannedDrill? Next(DateTimeOffset now) => _planner.Next(
        _sources.Config(), _sources.Clusters(), _records.Drills, _sources.Fleet is not { } fleet || fleet().Agreeing, now);

    private void Begin(PlannedDrill planned, DateTimeOffset now)
    {
        var drill = planned.Drill;
        var run = new DrillRun(drill, planned.Window, planned.Lost, planned.ServedBy, _counts.Of(drill.Cluster), now);
        run.Record = _reporter.Began(run);
        _run = run;
        _keeping = new CancellationTokenSource();
        if (_lease is not null)
        {
            _ = KeepAsync(_lease, run, _keeping.Token);
        }

        _orders.Take(run);
    }

    private async Task KeepAsync(DrillLease lease, DrillRun run, CancellationToken over)
    {
        if (!await lease.KeepAsync(over).ConfigureAwait(false))
        {
            _news.Enqueue(now => Halt(run, "the gateways lost one another", now));
        }

        await lease.ReleaseAsync().ConfigureAwait(false);
    }

    private void Step(DrillRun run, DateTimeOffset now)
    {
        var config = _sources.Config();
        if (!run.IsReturning && !config.Drills.Schedule.Any(run.Drill.SaysTheSameAs))
        {
            Halt(run, "the configuration changed it", now);
        }
        else if (!run.IsReturning && DrillCalendar.IsFrozen(config.Drills, now))
        {
            Halt(run, "a day of drills.freeze began", now);
        }

        _planner.Busy(config, _records.Drills, now);
        var count = _counts.Of(run.Drill.Cluster);
        switch (run.Step(_sources.Find(run.Drill.Cluster), count, _sources.SloOf(run.Drill.Cluster), now))
        {
            case DrillMove.GiveBack:
                _orders.GiveBack(run.Drill, run.Lost, run.IsHarmful);
                break;
            case DrillMove.End:
                End(run);
                break;
        }
    }

    private void Halt(DrillRun run, string why, DateTimeOffset now)
    {
        if (!run.IsReturning)
        {
            run.Stop(DrillResult.Interrupted, why, now);
            _orders.GiveBack(run.Drill, run.Lost, run.IsHarmful);
        }
    }

    private void End(DrillRun run)
    {
        _run = null;
        _keeping?.Cancel();
        _keeping?.Dispose();
        _keeping = null;
        _reporter.Ended(run.Record);
    }

    private async Task StopAsync()
    {
        if (_run is not { } run)
        {
            return;
        }

        var now = _time.GetUtcNow();
        run.Stop(DrillResult.Interrupted, "the gateway stopped", now);
        await _orders.GiveBackAsync(run.Drill, run.Lost, run.IsHarmful).ConfigureAwait(false);
        run.End(_counts.Of(run.Drill.Cluster), _sources.SloOf(run.Drill.Cluster), now);
        End(run);
        if (_sources.Fleet is not null)
        {
            // The other gateways hear of it with the next exchange.
            await Task.Delay(Fleet.FleetLoop.Every * 2, _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // In a fleet one gateway alone tells of it: whoever gets the mark of the window.
    private async Task SkipAsync(ScheduledDrillConfig drill, DateTimeOffset window, DrillRefusal refusal)
    {
        var permit = _lease is null
            ? DrillPermit.Granted
            : await _lease.TakeAsync(drill.Name, window, CancellationToken.None).ConfigureAwait(false);
        if (permit == DrillPermit.Granted && _lease is not null)
        {
            await _lease.ReleaseAsync().ConfigureAwait(false);
        }

        if (permit is DrillPermit.Granted or DrillPermit.Unreachable && _sources.Find(drill.Cluster) is { } cluster)
        {
            _news.Enqueue(now => _reporter.Ended(_records.Drills.Keep(new ScheduledDrill(now, drill.Cluster, drill.Name, window)
            {
                Result = DrillResult.Skipped,
                Text = $"It did not run in its window, because {DrillWords.Of(refusal, cluster)}.",
                Until = now,
            })));
        }
    }

    [LoggerMessage(8323, LogLevel.Error,
        "A turn of the scheduled drills failed by an error of the gateway itself, and the next one follows. Please report it.")]
    private partial void LogTurnFailed(Exception exception);
}
