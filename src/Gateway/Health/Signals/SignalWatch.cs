namespace Gateway.Health.Signals;

/// <summary>
/// Owns every reader of signals: starts those that the configuration in force and the destinations of now need, and ends the others.
/// What is unchanged goes on through a reload.
/// </summary>
/// <param name="targets">The clusters that have signals.</param>
/// <param name="readersOf">Says which readers a cluster needs: each one's key, and how it is made.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SignalWatch(
    Func<IEnumerable<SignalTarget>> targets,
    Func<SignalTarget, IEnumerable<(string Key, Func<ISignalReader> Make)>> readersOf,
    TimeProvider time,
    ILogger<SignalWatch> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // A disk that hangs holds its reader for as long; it must hold neither the other readers nor the gateway's end.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logger;
    private readonly Dictionary<string, (CancellationTokenSource Stop, Task Running)> _running = new(StringComparer.Ordinal);

    /// <summary>Runs until it is cancelled; returns when no reader runs any more.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            do
            {
                await LookAsync(cancellationToken).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        await EndAsync([.. _running.Keys]).ConfigureAwait(false);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<string, Func<ISignalReader>>(StringComparer.Ordinal);
        foreach (var target in targets())
        {
            foreach (var (key, make) in readersOf(target))
            {
                wanted.TryAdd(key, make);
            }
        }

        await EndAsync(
            [.. _running.Keys.Where(key => !wanted.ContainsKey(key) || _running[key].Running.IsCompleted)]).ConfigureAwait(false);

        foreach (var (key, make) in wanted)
        {
            if (!_running.ContainsKey(key))
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                _running.Add(key, (stop, RunAsync(make(), stop.Token)));
            }
        }
    }

    private async Task EndAsync(string[] keys)
    {
        foreach (var key in keys)
        {
            await _running[key].Stop.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            await Task.WhenAll(keys.Select(key => _running[key].Running)).WaitAsync(EndWithin, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            ReadersHang(string.Join(", ", keys.Where(key => !_running[key].Running.IsCompleted)));
        }

        foreach (var key in keys)
        {
            _running.Remove(key, out var ended);
            if (ended.Running.IsCompleted)
            {
                ended.Stop.Dispose();
            }
        }
    }

    private async Task RunAsync(ISignalReader reader, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await reader.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // No longer wanted.
        }
        catch (Exception e)
        {
            // The others go on, and this one begins anew at the next look.
            ReaderFailed(e, reader.Key);
        }
    }

    [LoggerMessage(
        3102,
        LogLevel.Error,
        "The reader '{Reader}' of a signal failed and begins anew; this is a defect of the gateway, please report it.")]
    private partial void ReaderFailed(Exception exception, string reader);

    [LoggerMessage(
        3107, LogLevel.Warning, "Readers of signals that are no longer wanted do not end ({Readers}); the others go on without them.")]
    private partial void ReadersHang(string readers);
}
