using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Reload;

/// <summary>
/// Holds the configuration in force: one reference that is swapped. Anyone reads it at any time; <see cref="ConfigWatcher"/> alone writes.
/// </summary>
internal sealed partial class ConfigStore
{
    private const int MostProblemsInLog = 10;

    private readonly GatewayConfig _started;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<ConfigStore> _logger;
    private volatile ConfigState _state;
    private Func<ConfigChange, CancellationToken, Task> _apply = static (_, _) => Task.CompletedTask;
    private Func<ConfigChange, CancellationToken, Task<string?>> _guard = static (_, _) => Task.FromResult<string?>(null);
    private ImmutableArray<Action<ConfigChange>> _whenApplied = [];
    private ImmutableArray<Action<RejectedConfig>> _whenRejected = [];

    /// <param name="first">A valid result: a gateway does not start without one.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Hears what is put in force and what is refused.</param>
    public ConfigStore(ConfigResult first, TimeProvider timeProvider, ILogger<ConfigStore> logger)
    {
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

    /// <summary>Everything about it at one moment.</summary>
    public ConfigState State => _state;

    /// <summary>The configuration in force: one volatile read.</summary>
    public GatewayConfig Current => _state.Config;

    /// <summary>Counts what was put in force: 1 at the start.</summary>
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

    /// <summary>
    /// Says why a change waits for an operator's word; null: it does not. Not asked about what an operator has confirmed. Set once, before
    /// the watcher runs.
    /// </summary>
    public void GuardBy(Func<ConfigChange, CancellationToken, Task<string?>> guard) => _guard = guard;

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
    /// Puts a judged file in force or refuses it: one that cannot be applied is refused like one with problems. Only the watcher's loop
    /// calls this.
    /// </summary>
    internal async Task<ReloadOutcome> TryApplyAsync(ConfigResult result, bool isConfirmed, CancellationToken cancellationToken)
    {
        var before = _state;
        if (result.Config is not { } config)
        {
            return Refuse(result, before);
        }

        if (string.Equals(result.Hash, before.Hash, StringComparison.Ordinal))
        {
            return KeepSame(result, before);
        }

        var restart = RestartNeeded.Between(_started, config);
        var change = new ConfigChange(before.Config, config, before.Revision + 1, restart);
        try
        {
            if (!isConfirmed && await _guard(change, cancellationToken) is { } why)
            {
                var waits = new ConfigProblem(result.File, 1, 1, why);
                return Refuse(result with { Config = null, Problems = [waits] }, before, wasValid: true);
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
            return Refuse(result with { Config = null, Problems = [problem] }, before, wasValid: true);
        }

        return Announce(result, change, before, restart);
    }

    private ReloadOutcome Announce(ConfigResult result, ConfigChange change, ConfigState before, ImmutableArray<string> restart)
    {
        var next = before with
        {
            Config = change.New,
            Revision = change.Revision,
            Hash = result.Hash,
            AppliedAt = _timeProvider.GetUtcNow(),
            Warnings = result.Warnings,
            RestartNeeded = restart,
            FileIsInForce = true,
        };
        _state = next;
        var words = ConfigChange.Say(next.Revision, restart);
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

    private ReloadOutcome KeepSame(ConfigResult result, ConfigState before)
    {
        if (!before.FileIsInForce)
        {
            _state = before with { FileIsInForce = true };
            LogTakenBack(_logger, before.Revision);
        }

        return new ReloadOutcome(Applied: false, [], result.Warnings, before.RestartNeeded, before.Revision);
    }

    private ReloadOutcome Refuse(ConfigResult result, ConfigState before, bool wasValid = false)
    {
        // A refused file is judged again now and then, for a missing file it names may appear: the same refusal is not news.
        var isNews = before.FileIsInForce
            || before.LastRejected is not { } last
            || !last.Problems.SequenceEqual(result.Problems)
            || !string.Equals(last.Hash, result.Hash, StringComparison.Ordinal);
        if (isNews)
        {
            var rejected = new RejectedConfig(result.Problems, result.Hash, _timeProvider.GetUtcNow(), wasValid);
            _state = before with { LastRejected = rejected, FileIsInForce = false };
            var shown = string.Join(Environment.NewLine, result.Problems.Take(MostProblemsInLog));
            LogRejected(_logger, result.Problems.Length, before.Revision, shown);
            Publish(_whenRejected, rejected);
        }

        return new ReloadOutcome(Applied: false, result.Problems, [], before.RestartNeeded, before.Revision);
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

    [LoggerMessage(2003, LogLevel.Error, "The changed configuration was refused for {Count} problem(s); revision {Revision} stays in "
        + "force. Correct the file: it is taken as soon as it is valid.\n{Problems}")]
    private static partial void LogRejected(ILogger logger, int count, long revision, string problems);

    [LoggerMessage(2004, LogLevel.Information, "The refused change was taken back; configuration revision {Revision} is in force as the "
        + "file says.")]
    private static partial void LogTakenBack(ILogger logger, long revision);

    [LoggerMessage(2006, LogLevel.Error, "A valid configuration could not be put in force; revision {Revision} stays in force.")]
    private static partial void LogNotApplied(ILogger logger, long revision, Exception failure);

    [LoggerMessage(2005, LogLevel.Error, "A part of the gateway failed while it took over a configuration; it goes on with what it had. "
        + "Restart the gateway if its behaviour does not match the configuration.")]
    private static partial void LogListenerFailed(ILogger logger, Exception failure);
}
