using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Fleet;
using Gateway.Observability.History;

namespace Gateway.Notifications.Runbooks;

/// <summary>
/// Runs the runbooks: four turns a second of one loop, which is the only writer of their state. Programs, requests and Redis are waited
/// for elsewhere, and what comes of them is brought to the next turn.
/// </summary>
internal sealed partial class RunbookEngine : IRunbookEffects, IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private readonly RunbookSources _sources;
    private readonly RunbookHistory _history;
    private readonly RunbookLease? _lease;
    private readonly RunbookReporter _reporter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RunbookKeeper _keeper;
    private readonly RunbookStepRunner _steps;
    private readonly FleetSizeMemory _size = new();
    private readonly ConcurrentQueue<Action<RunbookInput>> _news = new();
    private readonly ConcurrentDictionary<FaultKey, RunbookRunHandle> _runs = new();
    private readonly ConcurrentDictionary<Task, bool> _endings = new();
    private readonly long _origin;
    private bool _isEmpty;
    private ImmutableArray<string> _votes = [];

    public RunbookEngine(
        RunbookSources sources,
        RunbookHistory history,
        RunbookLease? lease,
        RunbookReporter reporter,
        Notifier notifier,
        TimeProvider time,
        ILogger<RunbookEngine> logger)
    {
        _sources = sources;
        _history = history;
        _lease = lease;
        _reporter = reporter;
        _time = time;
        _logger = logger;
        _origin = time.GetTimestamp();
        _keeper = new RunbookKeeper(history, this);
        _steps = new RunbookStepRunner(sources, notifier, time);
    }

    /// <summary>The faults that this gateway sees, for the others' majority. Any thread may ask.</summary>
    public ImmutableArray<string> Votes => _votes;

    /// <summary>Turns until it is cancelled; then every run is ended, and with it its drain.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                Turn();
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }

        _keeper.Stop(InputOf());
        if (_endings.IsEmpty)
        {
            return;
        }

        await Task.WhenAll(_endings.Keys).WaitAsync(EndWithin, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_sources.Fleet is not null)
        {
            // The other gateways hear of the ended drains with the next exchange.
            await Task.Delay(FleetLoop.Every * 2, _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _steps.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    void IRunbookEffects.AskPermit(RunbookFault fault, TimeSpan age)
    {
        if (_lease is { } lease)
        {
            _ = AskAsync(lease, fault, age);
        }
        else
        {
            _news.Enqueue(input => OnPermit(fault, RunbookPermit.Granted, input));
        }
    }

    /// <inheritdoc/>
    void IRunbookEffects.Begin(RunbookFault fault, RunbookStep step)
    {
        var run = HandleOf(fault);
        run.Step = Task.Run(async () =>
        {
            var result = await _steps.RunAsync(fault, step, run.Over).ConfigureAwait(false);
            _news.Enqueue(_ => _keeper.OnResult(fault.Key, result));
        });
    }

    /// <inheritdoc/>
    void IRunbookEffects.End(RunbookFault fault)
    {
        if (_runs.TryRemove(fault.Key, out var run))
        {
            var ending = Task.Run(() => EndAsync(fault, run));
            _endings.TryAdd(ending, true);
            _ = ending.ContinueWith(
                done => _endings.TryRemove(done, out _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    void IRunbookEffects.Announce(RunbookCase one, RunbookNews news, string text) => _reporter.Announce(one, news, text);

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private void Turn()
    {
        try
        {
            // Without runbooks there is one last turn, which closes what is open.
            var isEmpty = _sources.Runbooks().Count == 0 && _runs.IsEmpty && _news.IsEmpty;
            if (isEmpty && _isEmpty)
            {
                return;
            }

            _isEmpty = isEmpty;
            var input = InputOf();
            while (_news.TryDequeue(out var news))
            {
                news(input);
            }

            _keeper.Turn(input);
            ImmutableInterlocked.InterlockedExchange(ref _votes, _keeper.Votes);
        }
        catch (Exception e)
        {
            // The loop must outlive any fault in one turn: runs that are under way need their deadlines.
            LogTurnFailed(e);
        }
    }

    private RunbookInput InputOf() => new(
        _sources.Runbooks(),
        _sources.Clusters(),
        _history.IsRead,
        _sources.Fleet is { } fleet ? FleetOf(fleet()) : null,
        Now,
        _time.GetUtcNow());

    private Func<FaultKey, FleetFacts> FleetOf(FleetView view)
    {
        // The names of gateways last over their restarts.
        var size = _size.Count(view.Agreeing ? view.Gateways.Select(static gateway => gateway.Name) : [], Now);
        return key => new FleetFacts(
            view.Agreeing,
            view.Gateways.Count(gateway => gateway.Faults.Contains(key.Id, StringComparer.Ordinal)),
            Math.Max(1, size));
    }

    private async Task AskAsync(RunbookLease lease, RunbookFault fault, TimeSpan age)
    {
        var permit = await lease.TakeAsync(fault, age, CancellationToken.None).ConfigureAwait(false);
        _news.Enqueue(input => OnPermit(fault, permit, input));
    }

    private void OnPermit(RunbookFault fault, RunbookPermit permit, RunbookInput input)
    {
        if (permit == RunbookPermit.Granted)
        {
            var run = HandleOf(fault);
            run.Keeping = _lease is { } lease ? KeepAsync(lease, fault, run) : Task.CompletedTask;
        }

        if (!_keeper.OnPermit(fault.Key, permit, input) && permit == RunbookPermit.Granted)
        {
            ((IRunbookEffects)this).End(fault);
        }
    }

    private async Task KeepAsync(RunbookLease lease, RunbookFault fault, RunbookRunHandle run)
    {
        if (!await lease.KeepAsync(fault.Key.Cluster, run.Over).ConfigureAwait(false))
        {
            _news.Enqueue(_ => _keeper.OnPermitLost(fault.Key));
        }
    }

    private RunbookRunHandle HandleOf(RunbookFault fault) => _runs.GetOrAdd(fault.Key, static _ => new RunbookRunHandle());

    // First what the run started ends, then its drain, and only then may another gateway act.
    private async Task EndAsync(RunbookFault fault, RunbookRunHandle run)
    {
        await run.CancelAsync().ConfigureAwait(false);
        await run.Step.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await run.Keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var deadline = new CancellationTokenSource(EndWithin, _time);
        try
        {
            await _steps.EndDrainAsync(fault, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The drain ends by itself, for it has a deadline of its own.
            LogDrainNotEnded(fault.Key.Destination, e);
        }

        if (_lease is { } lease)
        {
            await lease.ReleaseAsync(fault.Key.Cluster).ConfigureAwait(false);
        }

        run.Dispose();
    }

    [LoggerMessage(8311, LogLevel.Error,
        "A turn of the runbooks failed by an error of the gateway itself, and the next one follows. Please report it.")]
    private partial void LogTurnFailed(Exception exception);

    [LoggerMessage(8312, LogLevel.Warning,
        "The drain of '{Destination}' by a runbook could not be ended; it ends by itself.")]
    private partial void LogDrainNotEnded(string destination, Exception exception);
}
