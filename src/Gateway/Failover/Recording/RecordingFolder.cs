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

    private FileStream? _file;

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

        _file = Open(utc);
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
    public void Flush() => _file?.Flush();

    /// <summary>Ends the segment.</summary>
    public void Close()
    {
        var file = _file;
        _file = null;
        file?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    // A name that sorts by time. Two segments of one millisecond are told apart by a number.
    private FileStream Open(DateTimeOffset utc)
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

        for (var number = 0; ; number++)
        {
            var path = Path.Combine(
                folder, utc.UtcDateTime.ToString("yyyyMMdd'T'HHmmss.fff", CultureInfo.InvariantCulture)
                    + string.Create(CultureInfo.InvariantCulture, $"-{number:000}{Ending}"));
            if (!File.Exists(path))
            {
                return new FileStream(path, options);
            }
        }
    }

    private void Remove(DateTimeOffset utc)
    {
        long bytes = 0;
        var files = new DirectoryInfo(folder).EnumerateFiles("*" + Ending);
        foreach (var file in files.OrderByDescending(static f => f.Name, StringComparer.Ordinal))
        {
            var isOpen = string.Equals(file.FullName, _file?.Name, StringComparison.Ordinal);
            bytes += file.Length;
            if (!isOpen && (bytes > MostBytes || utc.UtcDateTime - file.LastWriteTimeUtc > LongestKept))
            {
                file.Delete();
            }
        }
    }
}
