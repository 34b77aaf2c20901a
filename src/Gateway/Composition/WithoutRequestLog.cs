using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Composition;

/// <summary>
/// The log without the hosting layer's line a request, which nobody reads: as long as its category is enabled at any level, every request
/// pays for an activity, a scope and a clock of it. The gateway counts and logs requests itself.
/// </summary>
internal sealed class WithoutRequestLog(ILoggerFactory factory) : ILoggerFactory
{
    private const string RequestLog = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        string.Equals(categoryName, RequestLog, StringComparison.Ordinal) ? NullLogger.Instance : factory.CreateLogger(categoryName);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => factory.AddProvider(provider);

    /// <summary>The log itself belongs to whoever opened it.</summary>
    public void Dispose()
    {
    }
}
