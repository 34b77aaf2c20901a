using Gateway.Configuration.Model;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;

namespace Gateway.Hosting;

/// <summary>The gateway's log and its access log, as <c>telemetry</c> wants them.</summary>
internal sealed partial class GatewayLog : IAsyncDisposable
{
    private readonly ILogger<GatewayLog> _logger;

    public GatewayLog(TelemetryConfig telemetry, TimeProvider time)
    {
        Setup = new LogSetup(OptionsOf(telemetry));
        _logger = Setup.Factory.CreateLogger<GatewayLog>();
        Access = new AccessLog(Setup, AccessOf(telemetry.Access), time);
    }

    /// <summary>Where lines go.</summary>
    public LogSetup Setup { get; }

    /// <summary>The requests' lines.</summary>
    public AccessLog Access { get; }

    /// <summary>Makes the rooms' loggers.</summary>
    public ILoggerFactory Factory => Setup.Factory;

    /// <summary>What is wrong with it; null: nothing.</summary>
    public string? Alarm => Setup.Alarm;

    /// <summary>Lines that were dropped.</summary>
    public IReadOnlyList<LogDropReading> Drops => [new("output", Setup.Dropped), new("splunk", Setup.DroppedForSplunk ?? 0)];

    /// <summary>The log of one class.</summary>
    public ILogger<T> For<T>() => Factory.CreateLogger<T>();

    /// <summary>Changes what can be changed without a restart: the level, and which requests have a line.</summary>
    public void Use(TelemetryConfig telemetry)
    {
        Setup.SetLevel(telemetry.Logs.Level);
        Access.Use(AccessOf(telemetry.Access));
    }

    /// <summary>Opens the log's file again, as after it was moved away.</summary>
    public void Reopen()
    {
        if (Setup.ReopenFile())
        {
            LogReopened();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Setup.DrainAsync().ConfigureAwait(false);
        Setup.Dispose();
    }

    private static AccessOptions AccessOf(AccessConfig access) => new(
        access.Log,
        access.Pattern is { } pattern ? AccessPattern.Parse(pattern, out _) : null);

    private static LogOptions OptionsOf(TelemetryConfig telemetry) => new()
    {
        Shape = ConsoleText.ShapeOf(telemetry.Logs.Format),
        Level = telemetry.Logs.Level,
        File = telemetry.Logs.File,
        Splunk = telemetry.Splunk is { } splunk ? new SplunkOptions(splunk.Url, splunk.Token) : null,
    };

    [LoggerMessage(10108, LogLevel.Information, "The log's file was opened again, as SIGUSR1 asked.")]
    private partial void LogReopened();
}
