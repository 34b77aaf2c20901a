using System.Globalization;
using System.Text.Json;

namespace SampleGuide;

/// <summary>How the guide misbehaves, as <c>PUT /faults</c> gives it.</summary>
internal sealed record Fault
{
    public static readonly Fault None = new();

    private static readonly string[] Modes = ["none", "500", "503", "429", "slow", "late", "hang", "reset", "cut", "drip", "garbage"];
    private static readonly string[] Healths = ["same", "good", "bad"];
    private static readonly string[] Whens = ["accept", "request", "headers", "body"];
    private static readonly string[] Ends = ["reset", "close"];

    public string Mode { get; init; } = "none";

    /// <summary>Of slow, late, and between two bytes of drip.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Of slow: so many requests are worked on at once, and others wait for their turn. Null: all of them.</summary>
    public int? Workers { get; init; }

    /// <summary>The share of requests that are hit, 0 to 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Seconds, sent with 429 and 503.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>same: /health suffers too; good: /health lies; bad: only /health suffers.</summary>
    public string Health { get; init; } = "same";

    /// <summary>At which point a reset comes.</summary>
    public string When { get; init; } = "request";

    /// <summary>The bytes of the body that go out before a cut. Null: half the Content-Length.</summary>
    public long? After { get; init; }

    /// <summary>How a cut ends the connection.</summary>
    public string End { get; init; } = "reset";

    /// <summary>
    /// Reads the body of <c>PUT /faults</c>: unknown keys and values are refused, so that a drill with a slip of the pen
    /// does not pass for a healthy one.
    /// </summary>
    public static bool TryRead(string json, out Fault fault, out string problem)
    {
        fault = None;
        problem = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problem = "A fault is a JSON object, such as {\"mode\":\"slow\",\"delay\":\"1.5s\"}.";
                return false;
            }

            var read = new Fault();
            foreach (JsonProperty key in document.RootElement.EnumerateObject())
            {
                Fault? next = Apply(read, key);
                if (next is null)
                {
                    problem =
                        $"'{key.Name}: {key.Value.GetRawText()}' is no setting of a fault, or no value for it; see sample-guide --help.";
                    return false;
                }

                read = next;
            }

            fault = read;
            return true;
        }
        catch (JsonException e)
        {
            problem = $"A fault is a JSON object, such as {{\"mode\":\"slow\"}}: {e.Message}";
            return false;
        }
    }

    private static Fault? Apply(Fault fault, JsonProperty key)
    {
        JsonElement value = key.Value;
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return key.Name switch
        {
            "mode" when Modes.Contains(text, StringComparer.Ordinal) => fault with { Mode = text },
            "delay" when Durations.TryParse(text, out TimeSpan delay) => fault with { Delay = delay },
            "workers" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int workers)
                && workers > 0 => fault with { Workers = workers },
            "workers" when value.ValueKind == JsonValueKind.Null => fault,
            "share" when value.ValueKind == JsonValueKind.Number
                && value.GetDouble() is >= 0 and <= 1 => fault with { Share = value.GetDouble() },
            "retryAfter" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) => fault with
            {
                RetryAfter = seconds
            },
            "retryAfter" when value.ValueKind == JsonValueKind.Null => fault,
            "health" when Healths.Contains(text, StringComparer.Ordinal) => fault with { Health = text },
            "when" when Whens.Contains(text, StringComparer.Ordinal) => fault with { When = text },
            "after" when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) => fault with
            {
                After = bytes
            },
            "after" when value.ValueKind == JsonValueKind.Null => fault,
            "end" when Ends.Contains(text, StringComparer.Ordinal) => fault with { End = text },
            _ => null,
        };
    }

    /// <summary>The fault in the shape that <see cref="TryRead"/> takes.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("mode", Mode);
        json.WriteString("delay", Durations.Write(Delay));
        if (Workers is { } workers)
        {
            json.WriteNumber("workers", workers);
        }

        json.WriteNumber("share", Share);
        if (RetryAfter is { } seconds)
        {
            json.WriteNumber("retryAfter", seconds);
        }

        json.WriteString("health", Health);
        json.WriteString("when", When);
        if (After is { } bytes)
        {
            json.WriteNumber("after", bytes);
        }

        json.WriteString("end", End);
        json.WriteEndObject();
    }
}
