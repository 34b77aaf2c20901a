using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Sinks.Async;

namespace Gateway.Observability.Logging;

/// <summary>
/// The process's log: Serilog behind <see cref="ILoggerFactory"/>. A caller hands its line to a bounded buffer and goes on; one
/// thread writes. When the console or the disk cannot keep up, lines are dropped and counted, never waited for.
/// </summary>
internal sealed class LogSetup : IDisposable
{
    private readonly SplunkSink? _splunk;
    private readonly Logger _logger;
    private readonly LoggingLevelSwitch _level;
    private readonly DropCount _drops = new();
    private readonly ReopenableFile? _file;

    /// <summary>Opens the log. The file's folder is made when it is missing.</summary>
    public LogSetup(LogOptions options)
        : this(options, null)
    {
    }

    /// <param name="options">What is written where.</param>
    /// <param name="sink">Instead of the console, for tests.</param>
    internal LogSetup(LogOptions options, ILogEventSink? sink)
    {
        _level = new LoggingLevelSwitch(Map(options.Level));
        var formatter = Formatter(options.Shape);
        _file = options.File is null ? null : new ReopenableFile(formatter, options.File);
        var configuration = new LoggerConfiguration()
            .MinimumLevel.ControlledBy(_level)

            // The framework tells each request at Information; what users asked is the access log's business.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Yarp", LogEventLevel.Warning)
            .WriteTo.Async(
                writers =>
                {
                    _ = sink is null ? writers.Console(formatter) : writers.Sink(sink);
                    if (_file is not null)
                    {
                        writers.Sink(_file);
                    }
                },
                options.Buffer,
                blockWhenFull: false,
                _drops);
        if (options.Splunk is { } splunk)
        {
            _splunk = new SplunkSink(splunk.Url, splunk.Token, TimeProvider.System);
            configuration.WriteTo.Sink(_splunk);
        }

        _logger = configuration.CreateLogger();
        Factory = new SerilogLoggerFactory(_logger);
    }

    /// <summary>Makes the loggers of all rooms; hand it to every host, so that they share one log.</summary>
    public ILoggerFactory Factory { get; }

    /// <summary>Lines dropped because the buffer of the console and the file was full.</summary>
    public long Dropped => _drops.Count;

    /// <summary>Lines that never reached Splunk; null: none is configured.</summary>
    public long? DroppedForSplunk => _splunk?.Dropped;

    /// <summary>Why the log does not reach Splunk; null: it does, or none is configured.</summary>
    public string? Alarm => _splunk?.Alarm;

    /// <summary>Changes the lowest level that is written, at once.</summary>
    public void SetLevel(LogLevel level) => _level.MinimumLevel = Map(level);

    /// <summary>Writes a line that is whole already; it passes by the levels.</summary>
    public void Write(LogEvent line) => _logger.Write(line);

    /// <summary>Closes the file and opens it again at its path, as after <c>logrotate</c> moved it away. False: there is none.</summary>
    public bool ReopenFile()
    {
        _file?.Reopen();
        return _file is not null;
    }

    /// <summary>Makes a host write here instead of to its own providers.</summary>
    public void Use(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(LogLevel.Trace);
        logging.Services.AddSingleton(Factory);
    }

    /// <summary>Before the end: sends what waits for Splunk, for three seconds at most.</summary>
    public ValueTask DrainAsync() => _splunk?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Writes what waits, then closes.</summary>
    public void Dispose()
    {
        Factory.Dispose();
        _logger.Dispose();
    }

    /// <summary>How lines of a shape are written.</summary>
    internal static ITextFormatter Formatter(LogShape shape) => shape switch
    {
        LogShape.Json => new JsonLine(),
        LogShape.Ecs => new EcsLine(),
        _ => new TextLine(),
    };

    private static LogEventLevel Map(LogLevel level) => level switch
    {
        LogLevel.Trace => LogEventLevel.Verbose,
        LogLevel.Debug => LogEventLevel.Debug,
        LogLevel.Information => LogEventLevel.Information,
        LogLevel.Warning => LogEventLevel.Warning,
        LogLevel.Error => LogEventLevel.Error,
        _ => LogEventLevel.Fatal,
    };

    private sealed class DropCount : IAsyncLogEventSinkMonitor
    {
        private IAsyncLogEventSinkInspector? _inspector;

        public long Count => Volatile.Read(ref _inspector)?.DroppedMessagesCount ?? 0;

        public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => Volatile.Write(ref _inspector, inspector);

        public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
        {
            // The last count stays readable after the log was closed.
        }
    }
}
