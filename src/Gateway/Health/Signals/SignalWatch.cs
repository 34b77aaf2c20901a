namespace Gateway.Health.Signals;

/// <summary>
/// Owns every reader of signals: starts those that the configuration in force and the destinations of now need, and ends the others.
/// What is unchanged goes on through a reload.
/// </summary>
/// <param name="targets">The clusters that have signals.</param>
/// <param name="readers">Says which readers they need.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SignalWatch(
    Func<IEnumerable<SignalTarget>> targets, SignalReaders readers, TimeProvider time, ILogger<SignalWatch> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

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

        foreach (var key in _running.Keys.ToArray())
        {
            await EndAsync(key).ConfigureAwait(false);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<string, Func<ISignalReader>>(StringComparer.Ordinal);
        foreach (var target in targets())
        {
            foreach (var (key, make) in readers.Of(target))
            {
                wanted.TryAdd(key, make);
            }
        }

        foreach (var key in _running.Keys.Where(key => !wanted.ContainsKey(key) || _running[key].Running.IsCompleted).ToArray())
        {
            await EndAsync(key).ConfigureAwait(false);
        }

        foreach (var (key, make) in wanted)
        {
            if (!_running.ContainsKey(key))
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                _running.Add(key, (stop, RunAsync(make(), stop.Token)));
            }
        }
    }

    private async Task EndAsync(string key)
    {
        var (stop, running) = _running[key];
        _running.Remove(key);
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        stop.Dispose();
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
}
