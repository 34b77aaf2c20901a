using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Configuration.Including;

namespace Gateway.Configuration.Reload;

/// <summary>
/// Follows the file and those that it includes: a hash of their content every 500 ms, sooner when the file system tells of a change of the
/// file. One loop judges and writes; it ends only with its token.
/// </summary>
/// <remarks>The poll is what can be relied on: notifications miss a symlink that is swapped far away, as a Kubernetes ConfigMap does, and
/// some network file systems.</remarks>
internal sealed partial class ConfigWatcher(
    string path,
    ConfigStore store,
    Func<string, string?> environment,
    TimeProvider timeProvider,
    ILogger<ConfigWatcher> logger)
{
    /// <summary>Between two looks at the content.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>A changed content must stay the same for this long before it is judged: a file that is being written is not.</summary>
    public static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A refused file is judged again this often: what it was refused for may lie outside it, such as a missing static file.
    /// </summary>
    public static readonly TimeSpan RejudgeInterval = TimeSpan.FromSeconds(2);

    private const int MostWaitingReloads = 64;

    private static readonly TimeSpan KeepInterval = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropWrite
    });
    private readonly ConcurrentQueue<(TaskCompletionSource<ReloadOutcome> Done, ReloadRequest Request)> _reloads = new();
    private volatile bool _ended;
    private string _judged = store.Hash;
    private ConfigSet? _last;
    private long _judgedAt = timeProvider.GetTimestamp();
    private long _keptAt = timeProvider.GetTimestamp();

    /// <summary>
    /// Judges the file, or an earlier revision, at once, changed or not, as SIGHUP and the admin endpoint ask for. Ends when the loop has
    /// done it.
    /// </summary>
    /// <param name="request">What is to be put in force, and who asks for it.</param>
    /// <param name="cancellationToken">Ends the waiting, not the reload.</param>
    public Task<ReloadOutcome> ReloadAsync(ReloadRequest request, CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return Task.FromException<ReloadOutcome>(new InvalidOperationException(
                "The configuration is not watched any more: the gateway is stopping."));
        }

        if (_reloads.Count >= MostWaitingReloads)
        {
            return Task.FromException<ReloadOutcome>(new InvalidOperationException("Too many reloads are waiting. Try again in a second."));
        }

        var reload = new TaskCompletionSource<ReloadOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reloads.Enqueue((reload, request));
        _wake.Writer.TryWrite(true);
        if (_ended)
        {
            EndReloads(); // The loop may have ended between the two looks.
        }

        return reload.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The loop. Its starter owns it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var notifications = Notifications();
        await using var timer = timeProvider.CreateTimer(_ => _wake.Writer.TryWrite(true), state: null, PollInterval, PollInterval);
        try
        {
            while (await _wake.Reader.WaitToReadAsync(cancellationToken))
            {
                _wake.Reader.TryRead(out _);
                try
                {
                    await LookAsync(cancellationToken);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    // Nothing here is known to throw; watching must go on all the same, or no change would ever be taken again.
                    LogLookFailed(logger, failure);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The owner asked for the end.
        }
        finally
        {
            _ended = true;
            EndReloads();
        }
    }

    private void EndReloads()
    {
        while (_reloads.TryDequeue(out var waiting))
        {
            waiting.Done.TrySetCanceled(CancellationToken.None);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (timeProvider.GetElapsedTime(_keptAt) >= KeepInterval)
        {
            _keptAt = timeProvider.GetTimestamp();
            await (store.History?.KeepAgainAsync(timeProvider) ?? Task.CompletedTask);
        }

        if (_reloads.TryDequeue(out var reload))
        {
            try
            {
                var outcome = await JudgeAsync(await SettledAsync(cancellationToken), reload.Request, cancellationToken);
                reload.Done.TrySetResult(outcome);

                // What was asked meanwhile is answered by this reading, unless it asks for more.
                while (_reloads.TryPeek(out var next)
                    && next.Request.RollbackTo == reload.Request.RollbackTo
                    && (reload.Request.IsConfirmed || !next.Request.IsConfirmed)
                    && _reloads.TryDequeue(out var same))
                {
                    same.Done.TrySetResult(outcome);
                }

                if (!_reloads.IsEmpty)
                {
                    _wake.Writer.TryWrite(true);
                }
            }
            catch (Exception failure)
            {
                reload.Done.TrySetException(failure);
                throw;
            }

            return;
        }

        var files = Read();
        var isKnown = string.Equals(files.Identity, _judged, StringComparison.Ordinal);
        if (isKnown
            && (store.State.FileIsInForce
                || store.LastRejected is { IsJudgedAgain: false }
                || timeProvider.GetElapsedTime(_judgedAt) < RejudgeInterval))
        {
            return;
        }

        await JudgeAsync(isKnown ? files : await SettledAsync(cancellationToken), ReloadRequest.OfFile, cancellationToken);
    }

    /// <summary>The content once two readings, a debounce apart, agree; after two seconds of writing whatever is there.</summary>
    private async Task<ConfigSet> SettledAsync(CancellationToken cancellationToken)
    {
        var files = Read();
        for (var readings = 0; readings < 20; readings++)
        {
            await Task.Delay(Debounce, timeProvider, cancellationToken);
            var again = Read();
            if (string.Equals(files.Identity, again.Identity, StringComparison.Ordinal))
            {
                return again;
            }

            files = again;
        }

        return files;
    }

    private ConfigSet Read() => _last = ConfigSet.Read(path, environment, _last);

    private async Task<ReloadOutcome> JudgeAsync(ConfigSet inPlace, ReloadRequest request, CancellationToken cancellationToken)
    {
        var files = request.RollbackTo is { } number ? await store.FilesOfAsync(number, path) : inPlace;
        var result = ConfigLoader.Validate(files, environment, timeProvider);
        if (request.RollbackTo is null)
        {
            (_judged, _judgedAt) = (inPlace.Identity, timeProvider.GetTimestamp());
        }

        var outcome = await store.TryApplyAsync(result, request, inPlace, cancellationToken);
        if (outcome.Applied)
        {
            // A file that was rolled back is judged again only when it changes.
            _judged = inPlace.Identity;
        }

        return outcome;
    }

    private FileSystemWatcher? Notifications()
    {
        try
        {
            var full = Path.GetFullPath(path);
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(full) ?? "/")
            {
                NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.CreationTime | NotifyFilters.Size,
            };
            watcher.Changed += Wake;
            watcher.Created += Wake;
            watcher.Renamed += Wake;
            watcher.Deleted += Wake;
            watcher.EnableRaisingEvents = true;
            return watcher;

            void Wake(object sender, FileSystemEventArgs change)
            {
                // Other files of the folder change too, a log for example: only ours is worth a look.
                if (string.Equals(change.Name, Path.GetFileName(full), StringComparison.Ordinal))
                {
                    _wake.Writer.TryWrite(true);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or UnauthorizedAccessException
            or PlatformNotSupportedException)
        {
            // Only an accelerator, and often refused for want of inotify instances: the poll sees everything within half a second.
            LogPollOnly(logger, failure);
            return null;
        }
    }

    [LoggerMessage(2011, LogLevel.Debug, "The file system does not tell of changes here; the configuration is looked at every 500 ms.")]
    private static partial void LogPollOnly(ILogger logger, Exception failure);

    [LoggerMessage(2012, LogLevel.Error, "A look at the configuration file failed; the configuration in force stays, and watching goes "
        + "on.")]
    private static partial void LogLookFailed(ILogger logger, Exception failure);
}
