using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Configuration.History;

/// <summary>
/// The configurations that were put in force, in <c>revisions</c> of the state folder, a file each. The loop that watches the configuration
/// is the only one that writes; anyone may read. Only the gateway's own user may read the files, since they hold what the configuration
/// holds.
/// </summary>
/// <param name="folder">The state folder.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ConfigHistory(string folder, ILogger logger)
{
    /// <summary>So many of the newest revisions are kept.</summary>
    public const int Most = 50;

    // One configuration has 20 MiB at most; usual ones a few KiB.
    private const long MostBytes = 64 * 1024 * 1024;
    private const string Ending = ".json";

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly string _folder = Path.Combine(folder, "revisions");
    private readonly ILogger _logger = logger;
    private volatile string? _alarm;
    private ConfigRevision? _unkept;
    private Task _writing = Task.CompletedTask;

    /// <summary>Why the revision in force is not kept; null: it is.</summary>
    public string? Alarm => _alarm;

    /// <summary>What is kept, the newest first. Files that are damaged are left out, and the log says so.</summary>
    public IEnumerable<ConfigRevision> Read() => Numbers().Select(Find).OfType<ConfigRevision>();

    /// <summary>The newest; null: none is kept, or it is damaged, so that what came last is not known.</summary>
    public ConfigRevision? Newest() => HighestNumber() is > 0 and var number ? Find(number) : null;

    /// <summary>The number of the newest, even if it is damaged; zero: none is kept.</summary>
    public long HighestNumber() => Numbers().FirstOrDefault();

    /// <summary>One of them; null: it is not kept.</summary>
    public ConfigRevision? Find(long number)
    {
        var path = PathOf(number);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return null;
            }

            using var stream = file.OpenRead();
            if (file.Length <= MostBytes
                && JsonSerializer.Deserialize<ConfigRevision>(stream, Json) is { } revision
                && revision.Number == number
                && revision.IsSound())
            {
                return revision;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(path, e.Message);
            return null;
        }
        catch (JsonException)
        {
            // Said below, with what else makes a file none of ours.
        }

        LogDamaged(path);
        return null;
    }

    /// <summary>Keeps a revision, or says in <see cref="Alarm"/> why it is not kept; never throws.</summary>
    public void Keep(ConfigRevision revision)
    {
        var failure = TryWrite(revision);
        if (failure is null)
        {
            // One that came while the disk hung is still to be kept.
            if (Volatile.Read(ref _unkept) is not { } waiting || waiting.Number <= revision.Number)
            {
                Volatile.Write(ref _unkept, null);
                _alarm = null;
            }

            return;
        }

        NoteUnkept(revision, failure);
    }

    /// <summary>
    /// The same within two seconds: a disk that hangs must not hold up a change that is in force. What is not kept by then is tried again.
    /// </summary>
    public async Task KeepAsync(ConfigRevision revision, TimeProvider time)
    {
        if (_writing.IsCompleted)
        {
            Volatile.Write(ref _unkept, revision);
            _writing = Task.Run(() => Keep(revision));
        }

        await _writing.WaitAsync(Within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writing.IsCompleted)
        {
            NoteUnkept(revision, "the disk does not respond");
        }
    }

    /// <summary>Keeps what could not be kept; within two seconds.</summary>
    public Task KeepAgainAsync(TimeProvider time) =>
        Volatile.Read(ref _unkept) is { } revision ? KeepAsync(revision, time) : Task.CompletedTask;

    /// <summary>Notes who gave a changed file, and why, if nobody did yet.</summary>
    public async Task NoteAsync(long number, string who, string? reason, TimeProvider time)
    {
        if (await FindAsync(number, time).ConfigureAwait(false) is { Who: null, Origin: RevisionOrigin.File } revision)
        {
            await KeepAsync(revision with { Who = who, Reason = reason }, time).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Something of each that is kept, the newest first, one in memory at a time; null: the disk did not respond within two seconds.
    /// </summary>
    public async Task<IReadOnlyList<T>?> SelectAsync<T>(Func<ConfigRevision, T> choose, TimeProvider time)
    {
        var reading = Task.Run<IReadOnlyList<T>>(() => [.. Read().Select(choose)]);
        await ((Task)reading).WaitAsync(Within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reading.IsCompletedSuccessfully ? await reading : null;
    }

    /// <summary>One of them, within two seconds; null: it is not kept, or the disk hangs.</summary>
    public async Task<ConfigRevision?> FindAsync(long number, TimeProvider time)
    {
        var reading = Task.Run(() => Find(number));
        await ((Task)reading).WaitAsync(Within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reading.IsCompletedSuccessfully ? await reading : null;
    }

    private void NoteUnkept(ConfigRevision revision, string failure)
    {
        if (Volatile.Read(ref _unkept) is { } waiting && waiting.Number > revision.Number)
        {
            return;
        }

        var isNews = _alarm is null;
        Volatile.Write(ref _unkept, revision);
        _alarm = $"Configuration revision {revision.Number} is in force, but cannot be kept in the state folder ({failure}): it cannot be "
            + "rolled back to. Repair the folder; it is tried again every 5 s.";
        if (isNews)
        {
            LogUnwritten(revision.Number, _folder, failure);
        }
    }

    // Null: it is written.
    private string? TryWrite(ConfigRevision revision)
    {
        try
        {
            Directory.CreateDirectory(_folder);
            Write(PathOf(revision.Number), revision);
            Trim();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static void Write(string path, ConfigRevision revision)
    {
        var next = path + ".next";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(next, options))
        {
            JsonSerializer.Serialize(file, revision, Json);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    private void Trim()
    {
        var bytes = 0L;
        foreach (var (number, index) in Numbers().Select(static (number, index) => (number, index)))
        {
            bytes += new FileInfo(PathOf(number)).Length;
            if (index >= Most || (index > 1 && bytes > MostBytes))
            {
                File.Delete(PathOf(number));
            }
        }
    }

    /// <summary>Where one of them is kept.</summary>
    public string PathOf(long number) => Path.Combine(_folder, number.ToString("D6", CultureInfo.InvariantCulture) + Ending);

    private ImmutableArray<long> Numbers()
    {
        try
        {
            return [.. Directory.EnumerateFiles(_folder, "*" + Ending)
                .Select(static path => long.TryParse(
                    Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
                .Where(static number => number > 0)
                .OrderDescending()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(_folder, e.Message);
            return [];
        }
    }

    [LoggerMessage(2021, LogLevel.Warning, "Earlier configurations cannot be read from \"{Path}\": {Problem}")]
    private partial void LogUnreadable(string path, string problem);

    [LoggerMessage(2022, LogLevel.Warning, "\"{Path}\" is damaged: that revision can neither be shown nor rolled back to.")]
    private partial void LogDamaged(string path);

    [LoggerMessage(2023, LogLevel.Error, "Configuration revision {Revision} cannot be kept in \"{Folder}\": {Problem}")]
    private partial void LogUnwritten(long revision, string folder, string problem);
}
