using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;

namespace Gateway.Observability.Logging;

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
                text = text.Replace(
                    mark.ToString(),
                    string.Create(CultureInfo.InvariantCulture, $"\\u{(int)mark:x4}"),
                    StringComparison.Ordinal);
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
