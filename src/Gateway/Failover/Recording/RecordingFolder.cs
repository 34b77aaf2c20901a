using System.Globalization;
using Gateway.Observability.History;

namespace Gateway.Failover.Recording;

/// <summary>
/// The files of a recording: each is a segment that begins with a checkpoint. The oldest go first, by size and by age. Only the writer
/// touches it.
/// </summary>
/// <param name="folder">Made when it is missing.</param>
internal sealed class RecordingFolder(string folder) : IDisposable
{
    /// <summary>The folder inside of the state folder.</summary>
    public const string Name = "recording";

    /// <summary>How names of segments end.</summary>
    public const string Ending = ".ndjson";

    /// <summary>All segments together; beyond it the oldest are removed. Default 512 MiB.</summary>
    public long MostBytes { get; init; } = 512L << 20;

    /// <summary>From then on a segment ends at the next checkpoint. Default 8 MiB.</summary>
    public long LongSegment { get; init; } = 8L << 20;

    /// <summary>Older segments are removed. Default 7 days.</summary>
    public TimeSpan LongestKept { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Opens a segment. Default: a file.</summary>
    public Func<string, FileStreamOptions, Stream> Opens { get; init; } = static (path, options) => new FileStream(path, options);

    private Stream? _file;
    private string _path = "";
    private bool _isFlushed;

    /// <summary>A segment is open.</summary>
    public bool IsOpen => _file is not null;

    /// <summary>The bytes of the segment that is open.</summary>
    public long Length { get; private set; }

    /// <summary>Ends the segment, begins one, and removes what is too old or too much.</summary>
    public void Begin(DateTimeOffset utc)
    {
        Close();
        if (!StateFolder.TryCreate(folder))
        {
            throw new IOException($"The folder \"{folder}\" cannot be made.");
        }

        _isFlushed = false;
        _path = PathOf(utc);
        _file = Open(_path);
        Length = 0;
        Remove(utc);
    }

    /// <summary>Writes a line.</summary>
    public void Write(ReadOnlySpan<byte> line)
    {
        _file!.Write(line);
        Length += line.Length;
    }

    /// <summary>What is written can be read.</summary>
    public void Flush()
    {
        _file?.Flush();
        _isFlushed = true;
    }

    /// <summary>Ends the segment.</summary>
    public void Close() => End(isWhole: true);

    /// <summary>
    /// Ends the segment after a failure. One of which nothing was ever written whole goes: a disk that is full for long would be left
    /// with one for each attempt.
    /// </summary>
    public void Abandon() => End(isWhole: false);

    /// <inheritdoc/>
    public void Dispose() => Close();

    private void End(bool isWhole)
    {
        if (_file is not { } file)
        {
            return;
        }

        _file = null;
        try
        {
            file.Dispose();
            _isFlushed |= isWhole;
        }
        finally
        {
            if (!_isFlushed)
            {
                File.Delete(_path);
            }
        }
    }

    private Stream Open(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return Opens(path, options);
    }

    // A name that sorts by time. Two segments of one millisecond are told apart by a number.
    private string PathOf(DateTimeOffset utc)
    {
        for (var number = 0; ; number++)
        {
            var path = Path.Combine(
                folder, utc.UtcDateTime.ToString("yyyyMMdd'T'HHmmss.fff", CultureInfo.InvariantCulture)
                    + string.Create(CultureInfo.InvariantCulture, $"-{number:000}{Ending}"));
            if (!File.Exists(path))
            {
                return path;
            }
        }
    }

    private void Remove(DateTimeOffset utc)
    {
        long bytes = 0;
        var files = new DirectoryInfo(folder).EnumerateFiles("*" + Ending);
        foreach (var file in files.OrderByDescending(static f => f.Name, StringComparer.Ordinal))
        {
            var isOpen = _file is not null && string.Equals(file.FullName, Path.GetFullPath(_path), StringComparison.Ordinal);
            bytes += file.Length;
            if (!isOpen && (bytes > MostBytes || utc.UtcDateTime - file.LastWriteTimeUtc > LongestKept))
            {
                file.Delete();
            }
        }
    }
}
