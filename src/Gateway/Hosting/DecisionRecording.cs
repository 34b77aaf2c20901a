using Gateway.Failover;
using Gateway.Failover.Recording;
using Gateway.Health.Forecast;

namespace Gateway.Hosting;

/// <summary>The recording of what the failover loop's decisions rest on, in the state folder.</summary>
internal sealed class DecisionRecording : IAsyncDisposable
{
    private static readonly TimeSpan Recent = TimeSpan.FromHours(2);

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly RecordingWriter _writer;

    /// <param name="state">The state folder.</param>
    /// <param name="loop">What is recorded.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public DecisionRecording(string state, FailoverLoop loop, TimeProvider time, ILogger<RecordingWriter> log)
    {
        _folder = Path.Combine(Path.GetFullPath(state), RecordingFolder.Name);
        _time = time;
        var queue = new RecordingQueue();
        _writer = new RecordingWriter(queue, new RecordingFolder(_folder), time, log);
        loop.RecordTo(queue);
    }

    /// <summary>Why nothing is recorded now; null: all is well.</summary>
    public string? Alarm => _writer.Alarm;

    /// <summary>What was not recorded.</summary>
    public long Dropped => _writer.Dropped;

    /// <summary>Begins to write.</summary>
    public void Start() => _writer.Start();

    /// <summary>What the forecasts of the last two hours were made of.</summary>
    public IEnumerable<RecordedSecond> Seconds()
    {
        _writer.Flush();
        var since = _time.GetUtcNow() - Recent;
        return Directory.Exists(_folder)
            ? new DirectoryInfo(_folder).EnumerateFiles("*" + RecordingFolder.Ending)
                .Where(file => file.LastWriteTimeUtc >= since.UtcDateTime)
                .OrderBy(static file => file.Name, StringComparer.Ordinal)
                .SelectMany(static file => RecordedSeconds.Of(file.FullName))
                .Where(second => second.Utc >= since)
            : [];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
