namespace Gateway.Fleet;

/// <summary>
/// A file of the state folder with a record a line. It is written as a whole, by a new file that replaces the old one, so that a crash
/// leaves one of the two; each line has its check, so that damage loses that line alone.
/// </summary>
/// <typeparam name="T">What a line holds.</typeparam>
/// <param name="path">The file.</param>
/// <param name="what">What is in it, for the log: "order".</param>
/// <param name="isSound">Everything that must be there is, and in bounds.</param>
/// <param name="logger">The log.</param>
internal sealed partial class StateLines<T>(string path, string what, Func<T, bool> isSound, ILogger logger)
    where T : class
{
    private const long MostBytes = 8 * 1024 * 1024;

    private readonly ILogger _logger = logger;

    /// <summary>Reads what is there; lines that are damaged are left out, and the log says so.</summary>
    public IEnumerable<T> Read() => Lines().Select(Decode).OfType<T>();

    /// <summary>Writes all of it; null: it is written. Else why not, and the log says so too.</summary>
    public string? Write(IEnumerable<T> records)
    {
        try
        {
            var next = path + ".next";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(next, options))
            {
                foreach (var record in records)
                {
                    file.Write(FleetPayload.Encode(record));
                    file.Write("\n"u8);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnwritten(what, path, e.Message);
            return e.Message;
        }
    }

    private IEnumerable<string> Lines()
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return [];
            }

            if (file.Length <= MostBytes)
            {
                return File.ReadAllLines(path);
            }

            LogTooLong(what, path, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(what, path, e.Message);
        }

        return [];
    }

    private T? Decode(string line, int index)
    {
        if (FleetPayload.Decode<T>(System.Text.Encoding.UTF8.GetBytes(line)) is { } record && isSound(record))
        {
            return record;
        }

        LogDamaged(index + 1, path, what);
        return null;
    }

    [LoggerMessage(4110, LogLevel.Warning, "The {What}s in \"{Path}\" cannot be read, and are forgotten: {Problem}")]
    private partial void LogUnreadable(string what, string path, string problem);

    [LoggerMessage(4111, LogLevel.Warning, "The {What}s in \"{Path}\" are not read, since {Length} bytes are not from a gateway.")]
    private partial void LogTooLong(string what, string path, long length);

    [LoggerMessage(4112, LogLevel.Warning, "Line {Line} of \"{Path}\" is damaged: its {What} is forgotten.")]
    private partial void LogDamaged(int line, string path, string what);

    [LoggerMessage(4113, LogLevel.Error, "The {What}s cannot be written to \"{Path}\", and a restart would forget them: {Problem}")]
    private partial void LogUnwritten(string what, string path, string problem);
}
