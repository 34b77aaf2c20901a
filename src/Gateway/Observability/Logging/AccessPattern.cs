using System.Globalization;
using System.Text;
using Serilog.Events;

namespace Gateway.Observability.Logging;

/// <summary>
/// The look of a request's line as an operator writes it: text with fields in braces, <c>{client} "{method} {target}" {status}</c>; a brace
/// itself is written twice. What clients send is escaped, quotes and backslashes too, so that no value ends before its end.
/// </summary>
internal sealed class AccessPattern
{
    private const string Nothing = "-";
    private const string Property = "RequestPattern";

    private static readonly (string Name, Func<AccessEntry, string?> Read)[] Fields =
    [
        ("time", static e => e.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
        ("clfTime", static e => e.Time.UtcDateTime.ToString("dd/MMM/yyyy:HH:mm:ss '+0000'", CultureInfo.InvariantCulture)),
        ("id", static e => e.Id),
        ("client", static e => e.Client),
        ("method", static e => e.Method),
        ("target", static e => e.Target),
        ("path", static e => e.Path),
        ("protocol", static e => e.Protocol),
        ("status", static e => e.Status == 0 ? null : e.Status.ToString(CultureInfo.InvariantCulture)),
        ("bytesIn", static e => e.BytesIn.ToString(CultureInfo.InvariantCulture)),
        ("bytesOut", static e => e.BytesOut.ToString(CultureInfo.InvariantCulture)),
        ("route", static e => e.Route),
        ("cluster", static e => e.Cluster),
        ("tier", static e => e.Tier),
        ("destination", static e => e.Destination),
        ("attempts", AccessText.AttemptsOf),
        ("savedBy", static e => e.SavedName),
        ("fallback", static e => e.StepName),
        ("firstByte", static e => e.FirstByte is { } time ? AccessText.Milliseconds(time) : null),
        ("total", static e => AccessText.Milliseconds(e.Total)),
        ("tls", static e => e.Tls),
        ("userAgent", static e => e.UserAgent),
        ("outcome", static e => e.OutcomeName),
        ("cause", static e => e.Cause.Word()),
    ];

    private readonly List<(string Text, Func<AccessEntry, string?>? Read)> _parts;

    private AccessPattern(List<(string Text, Func<AccessEntry, string?>? Read)> parts)
    {
        _parts = parts;
        Mark = new LogEventProperty(Property, new ScalarValue(this));
    }

    /// <summary>What gives a line this look.</summary>
    public LogEventProperty Mark { get; }

    /// <summary>The look of a line; null: the usual one.</summary>
    public static AccessPattern? Of(LogEvent line) =>
        line.Properties.TryGetValue(Property, out var value) && value is ScalarValue { Value: AccessPattern pattern } ? pattern : null;

    /// <summary>The names of all fields.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Fields.Select(static field => field.Name)];

    /// <summary>Reads a pattern.</summary>
    /// <param name="text">As written.</param>
    /// <param name="unknown">The unknown field; null: the braces do not match, or there is no field at all.</param>
    /// <returns>Null: it is none.</returns>
    public static AccessPattern? Parse(string text, out string? unknown)
    {
        unknown = null;
        var parts = new List<(string, Func<AccessEntry, string?>?)>();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var isDoubled = at + 1 < text.Length && text[at + 1] == text[at];
            if (text[at] is not ('{' or '}') || isDoubled)
            {
                literal.Append(text[at]);
                at += text[at] is '{' or '}' ? 1 : 0;
                continue;
            }

            var end = text[at] == '{' ? text.IndexOf('}', at) : -1;
            if (end < 0)
            {
                return null;
            }

            var name = text[(at + 1)..end];
            var field = Array.Find(Fields, known => string.Equals(known.Name, name, StringComparison.Ordinal));
            if (field.Read is null)
            {
                unknown = name;
                return null;
            }

            parts.Add((literal.ToString(), field.Read));
            literal.Clear();
            at = end;
        }

        if (parts.Count == 0)
        {
            return null;
        }

        parts.Add((literal.ToString(), null));
        return new AccessPattern(parts);
    }

    /// <summary>Writes one request, without a line end.</summary>
    public void Write(TextWriter output, AccessEntry entry)
    {
        foreach (var (text, read) in _parts)
        {
            output.Write(text);
            if (read is not null)
            {
                AccessText.WriteEscaped(output, read(entry) is { Length: > 0 } value ? value : Nothing);
            }
        }
    }
}
