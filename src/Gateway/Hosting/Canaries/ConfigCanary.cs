using System.Collections.Immutable;
using Gateway.Admin.Status;
using Gateway.Configuration.Reload;
using Gateway.Fleet;
using Gateway.Fleet.Canaries;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Hosting.Canaries;

/// <summary>
/// Takes each changed configuration as a canary (<c>reload.canary</c>): when users fare worse by it than before, and than
/// at gateways with the earlier one, it is rolled back. In a fleet one gateway has it first; the others follow when it passed.
/// </summary>
internal sealed partial class ConfigCanary
{
    /// <summary>Between two looks at the counts of a canary.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    // Without a canary, and where nobody asks for the counts, an idle gateway has better things to do.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private const string Kind = "canary";
    private const string Who = "the gateway itself";

    // A rollback takes as long as a reload does.
    private static readonly TimeSpan RollbackWithin = TimeSpan.FromSeconds(10);

    private readonly ConfigStore _store;
    private readonly ConfigWatcher _watcher;
    private readonly CanaryLease? _lease;
    private readonly Func<FleetView?> _fleet;
    private readonly Announcements _announcements;
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _began;

    // The loop that watches the file begins and ends canaries, the one here looks at them.
    private readonly Lock _lock = new();
    private readonly CanaryTotals _totals;
    private CanaryRun? _run;
    private string? _passed;

    /// <param name="store">The configuration in force.</param>
    /// <param name="watcher">Puts an earlier one in force again.</param>
    /// <param name="instruments">Count the requests.</param>
    /// <param name="lease">Chooses the gateway of the fleet that has a canary; null: there is no fleet.</param>
    /// <param name="fleet">The other gateways; null: there are none.</param>
    /// <param name="announcements">Told of what is rolled back.</param>
    /// <param name="journal">Where canaries are told of.</param>
    /// <param name="log">The log.</param>
    public ConfigCanary(
        ConfigStore store,
        ConfigWatcher watcher,
        Instruments instruments,
        CanaryLease? lease,
        Func<FleetView?> fleet,
        Announcements announcements,
        Journal journal,
        GatewayLog log)
    {
        (_store, _watcher, _lease, _fleet) = (store, watcher, lease, fleet);
        (_announcements, _journal, _time, _logger) = (announcements, journal, store.Time, log.For<ConfigCanary>());
        _began = _time.GetTimestamp();
        _totals = new CanaryTotals(() => instruments.Routes);
    }

    /// <summary>How requests ended since the start, for the gateways that have a canary.</summary>
    public CanaryCounts Sum
    {
        get
        {
            lock (_lock)
            {
                _totals.Read(Now);
                return _totals.Sum;
            }
        }
    }

    /// <summary>The routes whose counts the canary asks of the other gateways.</summary>
    public ImmutableArray<string> AskedRoutes
    {
        get
        {
            lock (_lock)
            {
                return _run?.AskedRoutes ?? [];
            }
        }
    }

    /// <summary>The canary, in a sentence; null: there is none.</summary>
    public string? Text
    {
        get
        {
            lock (_lock)
            {
                return _run?.TextOf(_totals.Sum);
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <summary>How requests ended of the routes that another gateway's canary asks for.</summary>
    public ImmutableArray<RouteOutcome> OutcomesOf(ImmutableArray<string> routes)
    {
        lock (_lock)
        {
            return _totals.Of(routes, Now);
        }
    }

    /// <summary>In a fleet: whether this gateway may take a changed configuration now.</summary>
    public async Task<(RejectionCause Cause, string Why)?> JudgeAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        if (_lease is null || change.Old.Reload.Canary is not { } length || RevisionOf(change) is not { } revision)
        {
            return null;
        }

        var news = await _lease.TakeAsync(revision, length, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _passed = news.State == CanaryState.Passed ? revision : null;
        }

        return CanaryTexts.RefusalOf(news);
    }

    /// <summary>A configuration was put in force: it is a canary from now on, and the one before is none any more.</summary>
    public void Begin(ConfigChange change)
    {
        lock (_lock)
        {
            _totals.Read(Now);
            var before = _run;
            _run = null;
            var revision = RevisionOf(change);
            var isKnown = revision is not null && string.Equals(revision, _passed, StringComparison.Ordinal);
            if (change.Request is { IsConfirmed: false, RollbackTo: null } && change.Old.Reload.Canary is { } length && !isKnown)
            {
                // What is changed again meanwhile is one canary with it.
                _run = new CanaryRun(
                    change.Revision, revision, before?.RollbackTo ?? change.Revision - 1, before?.Recent ?? _totals.Recent, _totals.Sum,
                    OthersNow(revision), _time.GetUtcNow() + length, Now + length)
                { Routes = before?.Routes ?? _totals.ByRoute() };
                LogBegun(change.Revision, _run.RollbackTo, length.TotalSeconds);
            }

            if (before?.Shared is { } abandoned && !string.Equals(abandoned, _run?.Shared, StringComparison.Ordinal))
            {
                // What an operator rolled back here is not to be the next gateway's canary.
                _ = EndLeaseAsync(lease => change.Request is { RollbackTo: not null, Who: var who, Reason: var reason }
                    ? lease.FailAsync(abandoned, $"{reason}, says {who}", CancellationToken.None)
                    : lease.LeaveAsync(abandoned, CancellationToken.None));
            }
        }
    }

    /// <summary>Looks at the canary until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            // A file that takes the key away is a canary by the one before it.
            var isUsed = _lease is not null || _store.Current.Reload.Canary is not null || Volatile.Read(ref _run) is not null;
            try
            {
                await (isUsed ? LookAsync(stopping) : Task.CompletedTask).ConfigureAwait(false);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                LogLookFailed(e);
            }

            await Task.Delay(isUsed ? Every : Rest, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Null: nothing changes that the gateways have in common.
    private static string? RevisionOf(ConfigChange change)
    {
        var (old, changed) = (ConfigView.CommonRevisionOf(change.Old), ConfigView.CommonRevisionOf(change.New));
        return string.Equals(old, changed, StringComparison.Ordinal) ? null : changed;
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        CanaryRun? run;
        CanaryCounts counts;
        string? harm;
        lock (_lock)
        {
            _totals.Read(Now);
            if ((run = _run) is null)
            {
                return;
            }

            counts = _totals.Sum - run.AtStart;
            harm = run.HarmOf(Now, counts, OthersNow(run.Shared), _fleet()?.Exchange ?? 0, _totals.ByRoute());
            if (harm is null && (Now < run.EndsAt || run.IsInDoubt(Now)))
            {
                return;
            }

            _run = null;
        }

        await (harm is null ? PassAsync(run, counts) : RollBackAsync(run, harm, stopping)).ConfigureAwait(false);
    }

    private Task PassAsync(CanaryRun run, CanaryCounts counts)
    {
        var text = CanaryTexts.Passed(run, counts);
        _journal.Append(new JournalEntry(_time.GetUtcNow(), Kind, text));
        LogPassed(text);
        return run.Shared is { } revision ? EndLeaseAsync(lease => lease.PassAsync(revision, CancellationToken.None)) : Task.CompletedTask;
    }

    private async Task RollBackAsync(CanaryRun run, string harm, CancellationToken stopping)
    {
        LogHarm(run.Revision, run.RollbackTo, harm);
        using var late = new CancellationTokenSource(RollbackWithin, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping, late.Token);
        var request = new ReloadRequest
        {
            IsConfirmed = true,
            RollbackTo = run.RollbackTo,
            OnlyFrom = run.Revision,
            Who = Who,
            Reason = $"as a canary, {harm}",
        };
        ReloadOutcome outcome;
        try
        {
            outcome = await _watcher.ReloadAsync(request, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException && !stopping.IsCancellationRequested)
        {
            // Not confirmed: looked at again, as long as it is in force.
            LogNotRolledBack(run.Revision, e);
            lock (_lock)
            {
                _run ??= _store.Revision == run.Revision ? run : null;
            }

            return;
        }

        if (!outcome.Applied && outcome.Problems.IsEmpty)
        {
            // An operator was faster.
            return;
        }

        var text = CanaryTexts.Harmed(run, harm, outcome);
        _journal.Append(new JournalEntry(_time.GetUtcNow(), Kind, text) { Who = Who });
        if (_store.State is { FileIsInForce: false, LastRejected: { } rejected })
        {
            _announcements.Announce(rejected);
        }

        if (run.Shared is { } revision)
        {
            await EndLeaseAsync(lease => lease.FailAsync(revision, harm, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private IReadOnlyDictionary<string, GatewayView> OthersNow(string? revision) =>
        _fleet()?.OthersThan(revision) ?? ImmutableDictionary<string, GatewayView>.Empty;

    private async Task EndLeaseAsync(Func<CanaryLease, Task> end)
    {
        if (_lease is not null)
        {
            await end(_lease).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(10121, LogLevel.Information, "Configuration revision {Revision} is a canary for {Seconds} s beside revision {Before}.")]
    private partial void LogBegun(long revision, long before, double seconds);

    [LoggerMessage(10122, LogLevel.Information, "{Text}")]
    private partial void LogPassed(string text);

    [LoggerMessage(10123, LogLevel.Error, "Configuration revision {Revision} harms users and is rolled back to revision {Before}: {Harm}.")]
    private partial void LogHarm(long revision, long before, string harm);

    [LoggerMessage(10125, LogLevel.Error, "The rollback of configuration revision {Revision} was not confirmed; it is tried again.")]
    private partial void LogNotRolledBack(long revision, Exception exception);

    [LoggerMessage(10124, LogLevel.Error, "A look at the canary failed; the configuration stays in force.")]
    private partial void LogLookFailed(Exception exception);
}
