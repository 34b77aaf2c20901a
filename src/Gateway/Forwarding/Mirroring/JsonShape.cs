using System.Globalization;
using System.Text.Json;

namespace Gateway.Forwarding.Mirroring;

/// <summary>
/// Which members a JSON document has, and of which kind, whatever their values: <c>items[].price</c> for each member, and
/// <c>items[].price: number</c> for its kind. Elements of an array count together, and null has no kind.
/// </summary>
internal static class JsonShape
{
    /// <summary>A document with more than this has no shape that could be compared: its members are data.</summary>
    public const int Most = 400;

    private const int LongestName = 64;
    private const int LongestPath = 512;

    /// <summary>Separates a member from its kind; no name has it.</summary>
    private const string KindMark = "\n";

    /// <summary>The shape; null: it is no JSON document, or too large a one.</summary>
    public static IReadOnlyCollection<string>? Of(ReadOnlySpan<byte> json)
    {
        var shape = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json);
        // The path of what contains the next value; arrays add "[]" to it.
        var containers = new Stack<string>();
        var path = "";
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        path = Join(containers.Peek(), NameOf(ref reader));
                        shape.Add(path);
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        containers.Pop();
                        path = containers.TryPeek(out var outer) ? outer : "";
                        break;
                    case JsonTokenType.Null:
                        path = containers.TryPeek(out outer) ? outer : "";
                        break;
                    default:
                        shape.Add(path + KindMark + KindOf(reader.TokenType));
                        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                        {
                            path = reader.TokenType == JsonTokenType.StartArray ? path + "[]" : path;
                            containers.Push(path);
                        }
                        else
                        {
                            path = containers.TryPeek(out outer) ? outer : "";
                        }

                        break;
                }

                if (shape.Count > Most || path.Length > LongestPath)
                {
                    return null;
                }
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return shape;
    }

    /// <summary>The member, and its kind; null: the member itself.</summary>
    public static (string Member, string? Kind) Split(string feature)
    {
        var at = feature.IndexOf(KindMark, StringComparison.Ordinal);
        var member = at < 0 ? feature : feature[..at];
        return (member.Length == 0 ? "the document" : member, at < 0 ? null : feature[(at + KindMark.Length)..]);
    }

    private static string Join(string container, string name) => container.Length == 0 ? name : $"{container}.{name}";

    // Operators read it on a terminal: what could not be printed there is replaced.
    private static string NameOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > LongestName)
        {
            return "…";
        }

        try
        {
            var name = reader.GetString()!;
            return name.Any(static c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format) ? "…" : name;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate.
            return "…";
        }
    }

    private static string KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        _ => "a boolean",
    };
}
