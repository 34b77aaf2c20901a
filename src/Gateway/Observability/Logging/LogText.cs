using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Parsing;

namespace Gateway.Observability.Logging;

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
