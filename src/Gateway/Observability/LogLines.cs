using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace Gateway.Observability;

/// <summary>What all shapes of a line share: values cut at 2 KB, strings without quotes, control characters made visible.</summary>
internal static class LogText
{
    /// <summary>Longest value or exception line, in characters.</summary>
    public const int MaxValue = 2048;

    private const string Cut = "…";

    /// <summary>The message with its values filled in.</summary>
    public static string Message(LogEvent line)
    {
        var text = new StringBuilder();
        foreach (var token in line.MessageTemplate.Tokens)
        {
            if (token is PropertyToken property && line.Properties.TryGetValue(property.PropertyName, out var value))
            {
                text.Append(Value(value, property.Format));
            }
            else
            {
                text.Append(token);
            }
        }

        return text.ToString();
    }

    /// <summary>One value as text.</summary>
    public static string Value(LogEventPropertyValue value, string? format = null) => Shorten(value switch
    {
        ScalarValue { Value: string text } => text,
        ScalarValue { Value: null } => "null",
        ScalarValue { Value: IFormattable formattable } => formattable.ToString(format, CultureInfo.InvariantCulture),
        ScalarValue { Value: { } other } => other.ToString() ?? "",
        _ => value.ToString(format, CultureInfo.InvariantCulture),
    });

    /// <summary>Cuts a text at <see cref="MaxValue"/>.</summary>
    public static string Shorten(string text) => text.Length <= MaxValue ? text : string.Concat(text.AsSpan(0, MaxValue), Cut);

    /// <summary>Writes a text so that it cannot begin a line of its own or steer a terminal.</summary>
    public static void WriteVisibly(TextWriter output, ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            // Line and paragraph separators and the marks that turn the direction of writing forge lines as well as control characters do.
            if (char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'))
            {
                output.Write("\\u");
                output.Write(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                output.Write(c);
            }
        }
    }

    /// <summary>The class that logged, without its namespaces.</summary>
    public static string? Source(LogEvent line) =>
        line.Properties.TryGetValue("SourceContext", out var value) && value is ScalarValue { Value: string name } ? name : null;

    /// <summary>Number and name of the event.</summary>
    public static (int Id, string? Name) Event(LogEvent line)
    {
        if (!line.Properties.TryGetValue("EventId", out var value) || value is not StructureValue structure)
        {
            return default;
        }

        var id = 0;
        string? name = null;
        foreach (var property in structure.Properties)
        {
            if (property.Value is ScalarValue { Value: int number })
            {
                id = number;
            }
            else if (property.Value is ScalarValue { Value: string text })
            {
                name = text;
            }
        }

        return (id, name);
    }

    /// <summary>True for values that the message names, not for those that logging adds itself.</summary>
    public static bool IsOwn(string property) => property is not ("SourceContext" or "EventId" or "{OriginalFormat}");
}

/// <summary>A line for people: <c>2026-01-31 12:00:00.000Z WRN Probes 3004 The destination … </c>.</summary>
internal sealed class TextLine : ITextFormatter
{
    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var request = AccessEntry.Of(logEvent);
        if (request?.Pattern is { } pattern)
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

/// <summary>What both JSON shapes share. The log's one writing thread alone uses it, so that its buffer is reused.</summary>
internal abstract class JsonFormatter : ITextFormatter
{
    // The marks that turn the direction of writing: on a terminal they could show a value as what it is not.
    private const string TurningMarks = "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069";

    private static readonly SearchValues<char> Turning = SearchValues.Create(TurningMarks);

    // Letters of all languages stay readable; control characters, quotes and the separators U+2028 and U+2029 are escaped all the same.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            Write(json, logEvent);
            json.WriteEndObject();
        }

        var text = Encoding.UTF8.GetString(buffer.WrittenSpan);
        if (text.AsSpan().ContainsAny(Turning))
        {
            // Outside of a string there are none, and inside of one this means the same.
            foreach (var mark in TurningMarks)
            {
                text = text.Replace(mark.ToString(), string.Create(CultureInfo.InvariantCulture, $"\\u{(int)mark:x4}"), StringComparison.Ordinal);
            }
        }

        output.Write(text);
        output.Write('\n');
    }

    /// <summary>The fields of one line.</summary>
    protected abstract void Write(Utf8JsonWriter json, LogEvent line);

    /// <summary>The level's name in lower case.</summary>
    protected static string Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "trace",
        LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info",
        LogEventLevel.Warning => "warn",
        LogEventLevel.Error => "error",
        _ => "critical",
    };

    /// <summary>The message's values as text by name, each cut.</summary>
    protected static void WriteValues(Utf8JsonWriter json, string field, LogEvent line)
    {
        var begun = false;
        foreach (var (name, value) in line.Properties)
        {
            if (LogText.IsOwn(name))
            {
                if (!begun)
                {
                    json.WriteStartObject(field);
                    begun = true;
                }

                json.WriteString(name, LogText.Value(value));
            }
        }

        if (begun)
        {
            json.WriteEndObject();
        }
    }
}
