using System.Collections.Immutable;
using Gateway.Configuration.History;
using Gateway.Configuration.Including;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Reload;

/// <summary>
/// Holds the configuration in force: one reference that is swapped. Anyone reads it at any time; <see cref="ConfigWatcher"/> alone writes.
/// </summary>
internal sealed partial class ConfigStore
{
    private const int MostProblemsInLog = 10;

    // A file is put in force half a second after it changed, before a person can give the reason with a reload.
    private static readonly TimeSpan ReasonWithin = TimeSpan.FromMinutes(5);

    private readonly ConfigSet _first;
    private readonly GatewayConfig _started;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<ConfigStore> _logger;
    private volatile ConfigState _state;
    private Func<ConfigChange, CancellationToken, Task> _apply = static (_, _) => Task.CompletedTask;
    private ImmutableArray<ReloadGate> _gates = [];
    private ImmutableArray<Action<ConfigChange>> _whenApplied = [];
    private ImmutableArray<Action<RejectedConfig>> _whenRejected = [];

    /// <param name="first">A valid result: a gateway does not start without one.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Hears what is put in force and what is refused.</param>
    public ConfigStore(ConfigResult first, TimeProvider timeProvider, ILogger<ConfigStore> logger)
    {
        _first = first.Files;
        _started = first.Config ?? throw new ArgumentException("The first configuration must be valid.", nameof(first));
        _timeProvider = timeProvider;
        _logger = logger;
        _state = new ConfigState
        {
            Config = _started,
            Revision = 1,
            Hash = first.Hash,
            AppliedAt = timeProvider.GetUtcNow(),
            Warnings = first.Warnings
        };
    }

    /// <summary>The clock.</summary>
    public TimeProvider Time => _timeProvider;

    /// <summary>What was in force before; null: it is not kept.</summary>
    public ConfigHistory? History { get; private set; }

    /// <summary>Everything about it at one moment.</summary>
    public ConfigState State => _state;

    /// <summary>The configuration in force: one volatile read.</summary>
    public GatewayConfig Current => _state.Config;

    /// <summary>Counts what was put in force in this state folder, over restarts; 1 is the first.</summary>
    public long Revision => _state.Revision;

    /// <summary>SHA-256 of the file that is in force.</summary>
    public string Hash => _state.Hash;

    /// <summary>Since when it is in force.</summary>
    public DateTimeOffset AppliedAt => _state.AppliedAt;

    /// <summary>The last file that was refused; null: none was.</summary>
    public RejectedConfig? LastRejected => _state.LastRejected;

    /// <summary>
    /// Says what puts a configuration in force. It changes everything or, when it throws, nothing. Set once, before the watcher runs.
    /// </summary>
    public void ApplyBy(Func<ConfigChange, CancellationToken, Task> apply) => _apply = apply;

    /// <summary>Says what may keep a valid change that nobody confirmed out of force. Set once, before the watcher runs.</summary>
    public void GateBy(params ImmutableArray<ReloadGate> gates) => _gates = gates;

    /// <summary>
    /// Tells <paramref name="listener"/> of every configuration that is put in force from now on, on the watcher's loop, in the order of
    /// these calls.
    /// </summary>
    public void WhenApplied(Action<ConfigChange> listener) =>
        ImmutableInterlocked.Update(ref _whenApplied, static (all, one) => all.Add(one), listener);

    /// <summary>Tells <paramref name="listener"/> of every refused file, once for each refused content.</summary>
    public void WhenRejected(Action<RejectedConfig> listener) =>
        ImmutableInterlocked.Update(ref _whenRejected, static (all, one) => all.Add(one), listener);

    /// <summary>
    /// From now on each revision is kept, beginning with the one in force, whose number goes on from those that are there. Called once,
    /// before the watcher runs and once the state folder is this process's own.
    /// </summary>
    public void KeepIn(ConfigHistory history)
    {
        History = history;
        var state = _state;
        if (history.Newest() is { } newest && string.Equals(newest.Hash, state.Hash, StringComparison.Ordinal))
        {
            _state = state with { Revision = newest.Number, Rollback = RolledBack.Of(newest) };
            return;
        }

        _state = state with { Revision = history.HighestNumber() + 1 };
        history.Keep(Revisions.OfStart(_state, _first));
    }

    /// <summary>The files of an earlier revision; of one that is not kept, a set that says so.</summary>
    internal async Task<ConfigSet> FilesOfAsync(long revision, string path) =>
        History is { } history && await history.FindAsync(revision, _timeProvider) is { } kept
            ? kept.SetAt(path)
            : ConfigSet.Of(new ConfigFile { Path = path, Failure = $"Revision {revision} is not kept, or cannot be read." });

    /// <summary>
    /// Puts a judged configuration in force or refuses it: one that cannot be applied is refused like one with problems. Only the watcher's
    /// loop calls this.
    /// </summary>
    /// <param name="result">What was judged: the file, or an earlier revision.</param>
    /// <param name="request">Who asks for it.</param>
    /// <param name="inPlace">The files in place.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    internal async Task<ReloadOutcome> TryApplyAsync(
        ConfigResult result,
        ReloadRequest request,
        ConfigSet inPlace,
        CancellationToken cancellationToken)
    {
        var before = _state;
        if (request.OnlyFrom is { } expected && expected != before.Revision)
        {
            return new ReloadOutcome(Applied: false, [], [], before.RestartNeeded, before.Revision);
        }

        if (result.Config is not { } config)
        {
            return Refuse(result, request, before);
        }

        if (string.Equals(result.Hash, before.Hash, StringComparison.Ordinal))
        {
            return await KeepSameAsync(result, request, before);
        }

        var restart = RestartNeeded.Between(_started, config);
        var change = new ConfigChange(before.Config, config, before.Revision + 1, restart) { Request = request, Hash = result.Hash };
        try
        {
            if (!request.IsConfirmed && await WhyNotNowAsync(result.Hash, change, before, cancellationToken) is var (cause, why))
            {
                var problem = new ConfigProblem(result.File, 1, 1, why);
                return Refuse(result with { Config = null, Problems = [problem] }, request, before, cause);
            }

            await _apply(change, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogNotApplied(_logger, before.Revision, failure);
            var problem = new ConfigProblem(
                result.File,
                1,
                1,
                $"The configuration is valid, but the gateway could not put it in force ({failure.GetBaseException().Message.TrimEnd('.')}"
                    + $"). Reload it once more, or restart the gateway.");
            return Refuse(result with { Config = null, Problems = [problem] }, request, before, RejectionCause.NotApplied);
        }

        var revision = Revisions.Of(result, change, inPlace, _timeProvider.GetUtcNow());
        await (History?.KeepAsync(revision, _timeProvider) ?? Task.CompletedTask);
        return Announce(result, change, before, revision);
    }

    // Null: nothing speaks against it.
    private async Task<(RejectionCause Cause, string Why)?> WhyNotNowAsync(
        string hash, ConfigChange change, ConfigState before, CancellationToken cancellationToken)
    {
        if (before.Rollback is { } rollback && string.Equals(rollback.Hash, hash, StringComparison.Ordinal))
        {
            return (RejectionCause.RolledBack, rollback.ToSentence());
        }

        foreach (var gate in _gates)
        {
            if (await gate(change, cancellationToken) is { } closed)
            {
                return closed;
            }
        }

        return null;
    }

    private ReloadOutcome Announce(ConfigResult result, ConfigChange change, ConfigState before, ConfigRevision revision)
    {
        var (restart, rollback) = (change.RestartNeeded, RolledBack.Of(revision));
        var next = before with
        {
            Config = change.New,
            Revision = change.Revision,
            Hash = result.Hash,
            AppliedAt = revision.At,
            Warnings = result.Warnings,
            RestartNeeded = restart,
            FileIsInForce = rollback is null,
            Rollback = rollback,
            LastRejected = rollback is null
                ? before.LastRejected
                : new RejectedConfig(
                    [new ConfigProblem(result.File, 1, 1, rollback.ToSentence())], rollback.Hash, revision.At, RejectionCause.RolledBack),
        };
        _state = next;
        var words = ConfigChange.Say(next.Revision, restart, change.Request.RollbackTo);
        if (restart.IsEmpty)
        {
            LogApplied(_logger, words, next.Hash[..12]);
        }
        else
        {
            LogAppliedInPart(_logger, words, next.Hash[..12]);
        }

        Publish(_whenApplied, change);
        return new ReloadOutcome(Applied: true, [], result.Warnings, restart, next.Revision);
    }

    private async Task<ReloadOutcome> KeepSameAsync(ConfigResult result, ReloadRequest request, ConfigState before)
    {
        if (request is { Who: { } who, RollbackTo: null } && _timeProvider.GetUtcNow() - before.AppliedAt < ReasonWithin)
        {
            await (History?.NoteAsync(before.Revision, who, request.Reason, _timeProvider) ?? Task.CompletedTask);
        }

        if (!before.FileIsInForce && request.RollbackTo is null)
        {
            _state = before with { FileIsInForce = true };
            LogTakenBack(_logger, before.Revision);
        }

        return new ReloadOutcome(Applied: false, [], result.Warnings, before.RestartNeeded, before.Revision);
    }

    private ReloadOutcome Refuse(
        ConfigResult result, ReloadRequest request, ConfigState before, RejectionCause cause = RejectionCause.Invalid)
    {
        // A refused file is judged again now and then, for a missing file it names may appear: the same refusal is not news.
        // A refused rollback is its operator's alone: the file is what it was.
        var isNews = request.RollbackTo is null
            && (before.FileIsInForce
                || before.LastRejected is not { } last
                || !last.Problems.SequenceEqual(result.Problems)
                || !string.Equals(last.Hash, result.Hash, StringComparison.Ordinal));
        if (isNews)
        {
            var rejected = new RejectedConfig(result.Problems, result.Hash, _timeProvider.GetUtcNow(), cause);
            _state = before with { LastRejected = rejected, FileIsInForce = false };
            var shown = string.Join(Environment.NewLine, result.Problems.Take(MostProblemsInLog));
            LogRejected(_logger, rejected.Headline, result.Problems.Length, before.Revision, shown);
            Publish(_whenRejected, rejected);
        }

        return new ReloadOutcome(Applied: false, result.Problems, [], before.RestartNeeded, before.Revision) { Cause = cause };
    }

    /// <summary>One listener that fails must not keep the news from the others, nor end the watching.</summary>
    private void Publish<T>(ImmutableArray<Action<T>> listeners, T news)
    {
        foreach (var listener in listeners)
        {
            try
            {
                listener(news);
            }
            catch (Exception failure)
            {
                LogListenerFailed(_logger, failure);
            }
        }
    }

    [LoggerMessage(2001, LogLevel.Information, "{Change} SHA-256 {Hash}.")]
    private static partial void LogApplied(ILogger logger, string change, string hash);

    [LoggerMessage(2002, LogLevel.Warning, "{Change} SHA-256 {Hash}.")]
    private static partial void LogAppliedInPart(ILogger logger, string change, string hash);

    [LoggerMessage(2003, LogLevel.Error, "{Headline}, for {Count} reason(s); revision {Revision} stays in force.\n{Problems}")]
    private static partial void LogRejected(ILogger logger, string headline, int count, long revision, string problems);

    [LoggerMessage(2004, LogLevel.Information, "The refused change was taken back; configuration revision {Revision} is in force as the "
        + "file says.")]
    private static partial void LogTakenBack(ILogger logger, long revision);

    [LoggerMessage(2006, LogLevel.Error, "A valid configuration could not be put in force; revision {Revision} stays in force.")]
    private static partial void LogNotApplied(ILogger logger, long revision, Exception failure);

    [LoggerMessage(2005, LogLevel.Error, "A part of the gateway failed while it took over a configuration; it goes on with what it had. "
        + "Restart the gateway if its behaviour does not match the configuration.")]
    private static partial void LogListenerFailed(ILogger logger, Exception failure);
}
