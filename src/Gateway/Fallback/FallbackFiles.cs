using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace Gateway.Fallback;

/// <summary>
/// Keeps the files of <c>staticFallback</c> in memory. One loop looks at the folder every second, by time, length and real path (watching
/// alone misses the link that Kubernetes swaps), and now and then at every byte. A file that vanished, cannot be read or is broken stays
/// in force as it was last good.
/// </summary>
internal sealed partial class FallbackFiles(string firstFolder, TimeProvider time, ILogger<FallbackFiles> logger) : BackgroundService
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MostBytesOfFile = 1024 * 1024;

    /// <summary>All files together, in bytes.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A write within the same tick of the disk's clock leaves time and length as they were: a file so young is read again.
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(2);

    // Tools that keep times (cp -p, rsync) can change a file behind its time and length.
    private const int RoundsBetweenFullReads = 60;

    // A disk that hangs must not keep the gateway from starting: it starts with the steps that it has.
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _firstRound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, FallbackFolder.Entry> _stamps = new(StringComparer.Ordinal);
    private FallbackSnapshot _snapshot = FallbackSnapshot.Empty;
    private string _folder = firstFolder;
    private int _round;

    /// <summary>The files in force now.</summary>
    public FallbackSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Takes another folder from the next round on: its files replace all of the old one's, as soon as it can be read.</summary>
    public void UseFolder(string folder) => Volatile.Write(ref _folder, folder);

    /// <summary>Starts the loop and waits for the first round, two seconds at most.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        try
        {
            await _firstRound.Task.WaitAsync(LongestStart, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogSlowDisk(LongestStart.TotalSeconds);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            await LookAsync(stoppingToken);
            _firstRound.TrySetResult();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One round. Never throws but for the cancellation; only one runs at a time.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        string folder = Volatile.Read(ref _folder);
        FallbackSnapshot before = Snapshot;
        bool moved = !string.Equals(before.Folder, folder, StringComparison.Ordinal);
        if (moved)
        {
            _stamps.Clear();
        }

        var problems = new List<FallbackFileProblem>();
        var files = moved
            ? new Dictionary<string, FallbackFile>(StringComparer.Ordinal)
            : new Dictionary<string, FallbackFile>(before.Files, StringComparer.Ordinal);
        FallbackSnapshot after;
        try
        {
            bool changed = await TakeOverAsync(folder, files, problems, cancellationToken) || moved;
            after = changed || !problems.SequenceEqual(before.Problems)
                ? new FallbackSnapshot(folder, files.ToFrozenDictionary(StringComparer.Ordinal), [.. problems])
                : before;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever the disk does, what was last good stays in force and the next round tries again.
            var problem = new FallbackFileProblem(
                "",
                $"The folder '{folder}' cannot be read ({e.GetType().Name}); the files that were in force stay so. Check "
                    + $"'staticFallback'.");
            after = before.Problems.Contains(problem) ? before : new FallbackSnapshot(before.Folder, before.Files, [problem]);
        }

        _round++;
        if (!ReferenceEquals(after, before))
        {
            AnnounceProblems(before.Problems, after.Problems, folder);
            Volatile.Write(ref _snapshot, after);
        }
    }

    private async Task<bool> TakeOverAsync(
        string folder,
        Dictionary<string, FallbackFile> files,
        List<FallbackFileProblem> problems,
        CancellationToken cancellationToken)
    {
        List<FallbackFolder.Entry> entries = FallbackFolder.List(folder, problems);
        bool changed = false;
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (FallbackFolder.Entry entry in entries)
        {
            present.Add(entry.Name);
            bool known = files.TryGetValue(entry.Name, out FallbackFile? old);
            if (known
                && _stamps.TryGetValue(entry.Name, out FallbackFolder.Entry stamp)
                && stamp == entry
                && _round % RoundsBetweenFullReads != 0)
            {
                continue;
            }

            (byte[]? content, string problem) = await ReadAsync(entry, cancellationToken);
            if (content is not null && Sum(files) - (old?.Content.Length ?? 0) + content.Length > MostBytes)
            {
                content = null;
                problem =
                    $"'{entry.Name}' does not fit: all files together may have {MostBytes / (1024 * 1024)} MiB. Remove what no 'file:' "
                        + $"step names.";
            }

            if (content is null)
            {
                problems.Add(new(entry.Name, known ? $"{problem} Its last good content stays in force." : problem));
                continue;
            }

            if (time.GetUtcNow().UtcDateTime - entry.Written > Young)
            {
                _stamps[entry.Name] = entry;
            }

            if (old is null || !old.Content.Span.SequenceEqual(content))
            {
                files[entry.Name] = new FallbackFile(entry.Name, content, FallbackFileType.Of(entry.Name));
                changed = true;
                LogTakenOver(entry.Name, content.Length);
            }
        }

        foreach (string name in files.Keys)
        {
            if (!present.Contains(name) && !problems.Exists(p => string.Equals(p.Name, name, StringComparison.Ordinal)))
            {
                problems.Add(new(name, $"'{name}' is no longer in the folder; its last good content stays in force until a restart."));
            }
        }

        return changed;
    }

    /// <summary>The whole content, or why not.</summary>
    private static async Task<(byte[]? Content, string Problem)> ReadAsync(FallbackFolder.Entry entry, CancellationToken cancellationToken)
    {
        // Pipes, sockets and devices have no length either, and opening a pipe would wait for its writer: nothing empty is opened.
        if (entry.Length == 0)
        {
            return (null, $"'{entry.Name}' is empty or no plain file.");
        }

        if (entry.Length > MostBytesOfFile)
        {
            return (null, $"'{entry.Name}' has {entry.Length} bytes; at most {MostBytesOfFile} are read. Make it smaller.");
        }

        try
        {
            byte[] content = await File.ReadAllBytesAsync(entry.RealPath, cancellationToken);
            var now = new FileInfo(entry.RealPath);
            if (content.Length != entry.Length || now.Length != entry.Length || now.LastWriteTimeUtc != entry.Written)
            {
                return (null, $"'{entry.Name}' is being written.");
            }

            return FallbackFileType.Of(entry.Name) == FallbackFileType.Json && !IsJson(content)
                ? (null, $"'{entry.Name}' is no valid JSON, or only half of it was written; correct the file.")
                : (content, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"'{entry.Name}' cannot be read ({e.GetType().Name}); check its owner and permissions.");
        }
    }

    private static bool IsJson(byte[] content)
    {
        try
        {
            var json = new Utf8JsonReader(content);
            while (json.Read())
            {
                // Reading to the end is the check.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static long Sum(Dictionary<string, FallbackFile> files)
    {
        long sum = 0;
        foreach (FallbackFile file in files.Values)
        {
            sum += file.Content.Length;
        }

        return sum;
    }

    /// <summary>Each problem once, when it comes and when it goes, not every second.</summary>
    private void AnnounceProblems(ImmutableArray<FallbackFileProblem> before, ImmutableArray<FallbackFileProblem> now, string folder)
    {
        foreach (FallbackFileProblem problem in now)
        {
            if (!before.Contains(problem))
            {
                LogProblem(problem.Problem, folder);
            }
        }

        if (now.IsEmpty && !before.IsEmpty)
        {
            LogWhole(folder);
        }
    }

    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "The fallback file '{Name}' is in force with {Bytes} bytes.")]
    private partial void LogTakenOver(string name, int bytes);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "Static fallback in '{Folder}': {Problem}")]
    private partial void LogProblem(string problem, string folder);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Information, Message = "Static fallback in '{Folder}': every file is in force as it "
        + "stands there.")]
    private partial void LogWhole(string folder);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Warning, Message = "The files of the static fallback were not read within {Seconds} s; "
        + "the gateway starts without them and goes on reading. Check the disk.")]
    private partial void LogSlowDisk(double seconds);
}
