using Microsoft.Win32.SafeHandles;

namespace Gateway.Health.Signals;

/// <summary>
/// One open file of a log, and how far it has been read. It stays the same file when it is renamed; a file that became shorter is read
/// from its beginning. Not thread-safe.
/// </summary>
internal sealed class LogTail : IDisposable
{
    /// <summary>Of a longer line the beginning is looked at.</summary>
    public const int LongestLine = 16 * 1024;

    /// <summary>Of a file that is new and larger, the end is read.</summary>
    public const int MostBacklog = 1024 * 1024;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly byte[] _buffer = new byte[LongestLine * 2];
    private long _position;
    private bool _skips;

    private LogTail(SafeFileHandle file, string path, long position, bool skips)
    {
        _file = file;
        _path = path;
        _position = position;
        _skips = skips;
    }

    /// <summary>Which destination the file is of; null: the line says it.</summary>
    public string? Destination { get; set; }

    /// <summary>Where the file is now, wherever it was opened: renamed, or the target of a link that points elsewhere now.</summary>
    public string Place => PlaceOf(_file, _path);

    /// <summary>The file at a path; null: it is not there, or cannot be read.</summary>
    /// <param name="path">The path.</param>
    /// <param name="problem">Why it cannot be read; null: it is only not there.</param>
    public static SafeFileHandle? Open(string path, out string? problem)
    {
        problem = null;
        if (!FileKind.IsRegular(path))
        {
            problem = "a file of it is a pipe, a socket or a device";
            return null;
        }

        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException)
        {
            problem = "permission to read a file of it is denied";
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Between two looks, or a link that leads to nothing.
        }
        catch (IOException e)
        {
            problem = $"a file of it cannot be opened ({e.GetType().Name})";
        }

        return null;
    }

    /// <summary>Follows a file whose lines so far are no news.</summary>
    /// <param name="file">Belongs to the tail from here on.</param>
    /// <param name="path">Where it was opened.</param>
    /// <param name="length">How long it was when it was looked at last; null: as long as it is.</param>
    public static LogTail FollowFrom(SafeFileHandle file, string path, long? length)
    {
        var now = RandomAccess.GetLength(file);
        return new LogTail(file, path, length is not { } known ? now : known <= now ? known : 0, skips: false);
    }

    /// <summary>Follows a new file, all of whose lines are news.</summary>
    /// <param name="file">Belongs to the tail from here on.</param>
    /// <param name="path">Where it was opened.</param>
    public static LogTail FollowNew(SafeFileHandle file, string path)
    {
        var position = Math.Max(0, RandomAccess.GetLength(file) - MostBacklog);
        return new LogTail(file, path, position, skips: position > 0);
    }

    /// <summary>
    /// Where an open file is. Linux says the path of today, and marks one that was deleted; elsewhere it is where it was opened.
    /// </summary>
    public static string PlaceOf(SafeFileHandle file, string path)
    {
        try
        {
            return new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    /// <summary>Takes the lines that have come. False: there is more, and the rest waits for the next turn.</summary>
    /// <param name="line">Takes a line without its end; the bytes are the tail's again when it returns.</param>
    /// <param name="isLast">Nothing more comes: what has no end is a line, too.</param>
    /// <param name="mostBytes">So many bytes are read at most.</param>
    public bool Read(Action<ReadOnlyMemory<byte>, LogTail> line, bool isLast, int mostBytes)
    {
        if (RandomAccess.GetLength(_file) < _position)
        {
            (_position, _skips) = (0, false);
        }

        for (var left = mostBytes; left > 0;)
        {
            var count = RandomAccess.Read(_file, _buffer, _position);
            if (count == 0)
            {
                return true;
            }

            left -= count;
            var used = Lines(_buffer.AsMemory(0, count), line);
            if (used == 0 && (count == _buffer.Length || isLast))
            {
                // Longer than is looked at, or the last one.
                if (!_skips)
                {
                    line(_buffer.AsMemory(0, Math.Min(count, LongestLine)), this);
                }

                _skips = !isLast;
                used = count;
            }

            _position += used;
            if (used == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Leaves out what has come and was not read.</summary>
    public void SkipToEnd()
    {
        _position = RandomAccess.GetLength(_file);

        // In the middle of a line, its rest says nothing.
        var last = _buffer.AsSpan(0, 1);
        _skips = _position > 0 && RandomAccess.Read(_file, last, _position - 1) == 1 && last[0] != '\n';
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private int Lines(ReadOnlyMemory<byte> bytes, Action<ReadOnlyMemory<byte>, LogTail> line)
    {
        var used = 0;
        int end;
        while ((end = bytes.Span[used..].IndexOf((byte)'\n')) >= 0)
        {
            if (!_skips && end > 0)
            {
                line(bytes.Slice(used, Math.Min(end, LongestLine)), this);
            }

            _skips = false;
            used += end + 1;
        }

        return used;
    }
}
