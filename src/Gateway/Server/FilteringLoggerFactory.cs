using Gateway.Forwarding.Responses;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Server;

/// <summary>
/// The log without the hosting layer's line per request, which has no reader: as long as its category is enabled at any level, every
/// request pays for an activity, a scope and a clock of it. The gateway counts and logs requests itself. And without YARP's warnings: one
/// with a stack for every client that leaves and every response that is cut, which are in our figures too.
/// </summary>
internal sealed class FilteringLoggerFactory(ILoggerFactory factory) : ILoggerFactory
{
    private const string RequestLog = "Microsoft.AspNetCore.Hosting.Diagnostics";
    private const string Host = "Microsoft.Extensions.Hosting.Internal.Host";
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";
    private const string Forwarder = "Yarp.ReverseProxy.Forwarder.HttpForwarder";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => categoryName switch
    {
        RequestLog => NullLogger.Instance,
        Host or Kestrel => new WithoutWhatIsToldElsewhere(factory.CreateLogger(categoryName)),
        Forwarder => new ErrorsAlone(factory.CreateLogger(categoryName)),
        _ => factory.CreateLogger(categoryName),
    };

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => factory.AddProvider(provider);

    /// <summary>The log itself is disposed by its owner.</summary>
    public void Dispose()
    {
    }

    private sealed class ErrorsAlone(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error && logger.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }

    /// <summary>
    /// A port that another program has is the start's failure, which is told in one sentence; not twice before that with a stack. A
    /// response that is cut is a line of the access log.
    /// </summary>
    private sealed class WithoutWhatIsToldElsewhere(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (exception is not (IOException { InnerException: AddressInUseException } or CutResponseException))
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
