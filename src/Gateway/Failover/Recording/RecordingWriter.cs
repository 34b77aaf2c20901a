using System.Text.Json;

namespace Gateway.Failover.Recording;

/// <summary>
/// Writes what the failover loop took down, once a second, beside the loop. A disk that refuses costs the recording alone.
/// </summary>
/// <param name="queue">From the loop.</param>
/// <param name="folder">Where it goes.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class RecordingWriter(
    RecordingQueue queue, RecordingFolder folder, TimeProvider time, ILogger<RecordingWriter> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;
    private readonly LineMaker _lines = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;
    private long _refusedAt;
    private volatile string? _alarm;

    /// <summary>Why nothing is recorded now; null: all is well.</summary>
    public string? Alarm => _alarm;

    /// <summary>What was not recorded.</summary>
    public long Dropped => queue.Dropped;

    /// <summary>Begins to write.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Writes what is there by now, for a reader.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            WriteAll();
        }
    }

    /// <summary>Writes what is left, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        Flush();
        folder.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void WriteAll()
    {
        try
        {
            while (queue.TryTake(out var item))
            {
                Write(item);
            }

            folder.Flush();
            if (_alarm is not null && folder.IsOpen)
            {
                WritesAgain();
                _alarm = null;
            }
        }
        catch (Exception e)
        {
            // Whatever it is, a line that cannot be written included: the recording goes on from the next checkpoint, and says so.
            Refuse(e);
        }

        // Nothing is in the queue now: a checkpoint that was asked for before has come.
        if (_alarm is not null && !queue.WantsCheckpoint && time.GetElapsedTime(_refusedAt) >= RetryAfter)
        {
            queue.WantsCheckpoint = true;
        }
    }

    private void Write(in RecordedItem item)
    {
        var rests = _alarm is not null && time.GetElapsedTime(_refusedAt) < RetryAfter;
        if (!rests && item is { Kind: RecordedKind.Checkpoint, Payload: CheckpointOf taken })
        {
            folder.Begin(taken.Checkpoint.Utc);
        }
        else if (!folder.IsOpen || folder.Length > folder.LongSegment * 2)
        {
            // Refused, or the loop did not give the checkpoint that was asked for: nothing that could be replayed.
            queue.Lose();
            return;
        }

        foreach (var line in _lines.Of(item))
        {
            folder.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, RecordingJson.Options), (byte)'\n']);
        }

        if (folder.Length > folder.LongSegment)
        {
            queue.WantsCheckpoint = true;
        }
    }

    private void Refuse(Exception failure)
    {
        _refusedAt = time.GetTimestamp();
        if (_alarm is null)
        {
            Refused(failure);
        }

        _alarm = $"The recording cannot be written: {failure.Message} Decisions go on without it; it is tried again every 5 s.";
        try
        {
            folder.Abandon();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The rest of its buffer did not fit either.
        }
    }

    [LoggerMessage(4017, LogLevel.Warning, "The recording cannot be written; decisions go on without it, and it is tried again every 5 s.")]
    private partial void Refused(Exception exception);

    [LoggerMessage(4018, LogLevel.Information, "The recording is written again.")]
    private partial void WritesAgain();
}
