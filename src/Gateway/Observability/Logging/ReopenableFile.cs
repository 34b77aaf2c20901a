using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Gateway.Observability.Logging;

/// <summary>
/// The log's file, which can be closed and opened again while lines are written. Only the log's own thread and the reopening call come
/// here; no request does.
/// </summary>
internal sealed class ReopenableFile(ITextFormatter formatter, string path) : ILogEventSink, IDisposable
{
    private const long LargestFile = 100L * 1024 * 1024;
    private const int KeptFiles = 7;

    private readonly Lock _gate = new();
    private Logger _file = Open(formatter, path);

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        lock (_gate)
        {
            _file.Write(logEvent);
        }
    }

    /// <summary>From here on lines go to what stands at the path then; a file that is not there is made with the next line.</summary>
    public void Reopen()
    {
        lock (_gate)
        {
            // The old one first: a file has one writer.
            _file.Dispose();
            _file = Open(formatter, path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
        }
    }

    private static Logger Open(ITextFormatter formatter, string path) => new LoggerConfiguration()
        .MinimumLevel.Verbose()
        .WriteTo.File(formatter, path, fileSizeLimitBytes: LargestFile, rollOnFileSizeLimit: true, retainedFileCountLimit: KeptFiles)
        .CreateLogger();
}
