using System.Globalization;
using System.Text.Json;
using Serilog.Events;

namespace Gateway.Observability.Logging;

/// <summary>A line as Elasticsearch expects it (ECS 8).</summary>
internal sealed class EcsLine : JsonFormatter
{
    /// <inheritdoc/>
    protected override void Write(Utf8JsonWriter json, LogEvent line)
    {
        json.WriteString("@timestamp", line.Timestamp.UtcDateTime);
        json.WriteString("log.level", Level(line.Level));
        json.WriteString("message", AccessEntry.Of(line) is { } entry ? AccessJson.MessageOf(entry) : LogText.Message(line));
        json.WriteString("ecs.version", "8.11.0");
        json.WriteString("service.name", "gateway");
        json.WriteString("log.logger", LogText.Source(line));
        if (LogText.Event(line) is { Id: not 0 } e)
        {
            json.WriteString("event.code", e.Id.ToString(CultureInfo.InvariantCulture));
            json.WriteString("event.action", e.Name);
        }

        if (line.TraceId is { } trace)
        {
            json.WriteString("trace.id", trace.ToHexString());
        }

        if (line.SpanId is { } span)
        {
            json.WriteString("span.id", span.ToHexString());
        }

        if (AccessEntry.Of(line) is { } request)
        {
            AccessJson.WriteEcs(json, request);
        }
        else
        {
            WriteValues(json, "labels", line);
        }

        if (line.Exception is { } exception)
        {
            json.WriteString("error.type", exception.GetType().FullName);
            json.WriteString("error.message", LogText.Shorten(exception.Message));
            json.WriteString("error.stack_trace", exception.ToString());
        }
    }
}
