using System.Text.Json;
using Serilog.Events;

namespace Gateway.Observability.Logging;

/// <summary>A line as one JSON object: time, level, event, source, message, the values by name, the exception.</summary>
internal sealed class JsonLine : JsonFormatter
{
    /// <inheritdoc/>
    protected override void Write(Utf8JsonWriter json, LogEvent line)
    {
        json.WriteString("time", line.Timestamp.UtcDateTime);
        json.WriteString("level", Level(line.Level));
        if (LogText.Event(line) is { Id: not 0 } e)
        {
            json.WriteNumber("event", e.Id);
            json.WriteString("name", e.Name);
        }

        json.WriteString("source", LogText.Source(line));
        if (AccessEntry.Of(line) is { } request)
        {
            json.WriteString("message", AccessJson.MessageOf(request));
            AccessJson.Write(json, request);
        }
        else
        {
            json.WriteString("message", LogText.Message(line));
            WriteValues(json, "values", line);
        }

        if (line.TraceId is { } trace)
        {
            json.WriteString("trace", trace.ToHexString());
        }

        if (line.Exception is { } exception)
        {
            json.WriteString("exception", exception.ToString());
        }
    }
}
