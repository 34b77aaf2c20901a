using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>Follows the files of a log, through rotation and links that change. How much is read in a turn is bounded.</summary>
/// <param name="cluster">The cluster's name.</param>
/// <param name="signal">The signal.</param>
/// <param name="judge">Takes the lines.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class LogReader(
    string cluster, SignalConfig signal, LineJudge judge, TimeProvider time, ILogger logger) : ISignalReader, IDisposable
{
    /// <summary>So much is read of all files in a turn.</summary>
    public const int MostBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);

    private readonly ILogger _logger = logger;
    private readonly List<LogTail> _tails = [];

    // How far files have been read, or were written before, that are too many to be followed now.
    private Dictionary<string, long> _others = new(StringComparer.Ordinal);
    private bool _isFirst = true;
    private bool _fellBehind;
    private bool _hadTooMany;
    private bool _failed;
    private string? _problem;

    /// <inheritdoc/>
    public string Key { get; } = KeyOf(cluster, signal);

    /// <summary>The key of the reader of this signal.</summary>
    public static string KeyOf(string cluster, SignalConfig signal) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"log {cluster} {signal.Name} {signal.Log} {signal.Pattern} {signal.Count} {signal.Within} {signal.Destination} {signal.Then}");

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Turn, time);
            do
            {
                TakeTurn();
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tail in _tails)
        {
            tail.Dispose();
        }

        _tails.Clear();
    }

    /// <summary>Reads what has come since the last turn, and reports.</summary>
    internal void TakeTurn()
    {
        judge.Look();
        _problem = null;
        try
        {
            Follow();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problem = e.GetType().Name;
        }

        if (_problem is { } problem && !_failed)
        {
            CouldNotRead(signal.Name, cluster, problem);
        }

        _failed = _problem is not null;

        judge.Report(
            name => _tails.Exists(tail => tail.Destination is null || string.Equals(tail.Destination, name, StringComparison.Ordinal)));
    }

    private void Follow()
    {
        // 1. Which files are there, and which of them are followed, under whatever name.
        var found = LogFiles.Find(signal, [.. judge.Destinations.Select(static d => d.Name)], problem => _problem ??= problem);
        var known = new Dictionary<string, LogTail>(StringComparer.Ordinal);
        foreach (var tail in _tails)
        {
            known.TryAdd(tail.Place, tail);
        }

        // 2. Those that are new: from the beginning, but for the first turn, whose lines are no news.
        var wanted = new HashSet<LogTail>();
        var others = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (path, destination, length) in found)
        {
            if (length is { } left)
            {
                others.Add(path, _others.TryGetValue(path, out var before) && before < left ? before : left);
            }
            else if (Open(path, known) is { } tail)
            {
                tail.Destination = destination;
                wanted.Add(tail);
            }
        }

        _others = others;
        if (others.Count > 0 && !_hadTooMany)
        {
            _hadTooMany = true;
            TooMany(signal.Name, cluster, LogFiles.MostFiles);
        }

        // 3. What has come. A file that is no longer there under any wanted name is read to its end first.
        _isFirst = false;
        var most = MostBytes / Math.Max(1, _tails.Count);
        foreach (var tail in _tails.ToArray())
        {
            var isLast = !wanted.Contains(tail);
            Read(tail, isLast, most);

            if (isLast)
            {
                _tails.Remove(tail);
                tail.Dispose();
            }
        }
    }

    private LogTail? Open(string path, Dictionary<string, LogTail> known)
    {
        if (LogTail.Open(path, out var problem) is not { } file)
        {
            _problem ??= problem;
            return null;
        }

        if (known.TryGetValue(LogTail.PlaceOf(file, path), out var tail))
        {
            file.Dispose();
            return tail;
        }

        var isKnown = _others.TryGetValue(path, out var length);
        tail = isKnown || _isFirst ? LogTail.FollowFrom(file, path, isKnown ? length : null) : LogTail.FollowNew(file, path);
        known.Add(tail.Place, tail);
        _tails.Add(tail);
        return tail;
    }

    // One file that cannot be read must not keep the others from being read.
    private void Read(LogTail tail, bool isLast, int most)
    {
        try
        {
            if (!tail.Read((line, from) => judge.Take(line, from.Destination), isLast, most))
            {
                FallBehind(tail);
            }
        }
        catch (IOException e)
        {
            _problem ??= $"a file of it cannot be read ({e.GetType().Name})";
        }
    }

    private void FallBehind(LogTail tail)
    {
        tail.SkipToEnd();
        if (!_fellBehind)
        {
            _fellBehind = true;
            TooFast(signal.Name, cluster);
        }
    }

    [LoggerMessage(3103, LogLevel.Warning, "The log of signal '{Signal}' in cluster '{Cluster}' cannot be read: {Why}.")]
    private partial void CouldNotRead(string signal, string cluster, string why);

    [LoggerMessage(
        3104, LogLevel.Warning, "The log of signal '{Signal}' in cluster '{Cluster}' grows faster than it is read; lines are left out.")]
    private partial void TooFast(string signal, string cluster);

    [LoggerMessage(
        3106,
        LogLevel.Warning,
        "More files fit the log of signal '{Signal}' in cluster '{Cluster}' than are followed: only the {Most} that were written last are. "
        + "Write a pattern that fits fewer.")]
    private partial void TooMany(string signal, string cluster, int most);
}
