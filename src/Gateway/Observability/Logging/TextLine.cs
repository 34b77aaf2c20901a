using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;

namespace Gateway.Observability.Logging;

/// <summary>A line for people: <c>2026-01-31 12:00:00.000Z WRN Probes 3004 The destination … </c>.</summary>
internal sealed class TextLine : ITextFormatter
{
    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var request = AccessEntry.Of(logEvent);
        if (request is not null && AccessPattern.Of(logEvent) is { } pattern)
        {
            pattern.Write(output, request);
            output.Write('\n');
            return;
        }

        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        output.Write(logEvent.Level switch
        {
            LogEventLevel.Verbose => " TRC ",
            LogEventLevel.Debug => " DBG ",
            LogEventLevel.Information => " INF ",
            LogEventLevel.Warning => " WRN ",
            LogEventLevel.Error => " ERR ",
            _ => " CRT ",
        });
        if (LogText.Source(logEvent) is { } source)
        {
            LogText.WriteVisibly(output, source.AsSpan(source.LastIndexOf('.') + 1));
            output.Write(' ');
        }

        if (LogText.Event(logEvent).Id is not 0 and var id)
        {
            output.Write(id);
            output.Write(' ');
        }

        if (request is not null)
        {
            AccessText.Write(output, request);
        }
        else
        {
            LogText.WriteVisibly(output, LogText.Message(logEvent));
        }

        output.Write('\n');
        if (logEvent.Exception is { } exception)
        {
            foreach (var line in exception.ToString().Split('\n'))
            {
                output.Write("    ");
                LogText.WriteVisibly(output, LogText.Shorten(line.TrimEnd('\r')));
                output.Write('\n');
            }
        }
    }
}
