using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Observability.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace Gateway.Hosting;

/// <summary>
/// What a command says beside the log: as it is where the log is text for people, else as a line of the log. Whatever collects the console
/// of a gateway that logs JSON finds nothing but JSON.
/// </summary>
internal sealed class ConsoleText(LogFormat format, TimeProvider time)
{
    /// <summary>Writes to one of the console's two streams.</summary>
    public Task WriteAsync(TextWriter writer, LogEventLevel level, string text) =>
        // One write: the log's own thread writes there, too.
        writer.WriteAsync(format == LogFormat.Text ? text + Environment.NewLine : LineOf(level, text));

    private string LineOf(LogEventLevel level, string text)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        var source = new LogEventProperty("SourceContext", new ScalarValue(typeof(ConsoleText).FullName));
        LogSetup.Formatter(ShapeOf(format)).Format(
            new LogEvent(time.GetUtcNow(), level, exception: null, new MessageTemplate([new TextToken(text.Trim())]), [source]),
            line);
        return line.ToString();
    }

    /// <summary>The shape of the log's lines.</summary>
    public static LogShape ShapeOf(LogFormat format) => format switch
    {
        LogFormat.Json => LogShape.Json,
        LogFormat.Ecs => LogShape.Ecs,
        _ => LogShape.Text,
    };
}
