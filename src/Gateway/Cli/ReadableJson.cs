using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Cli;

/// <summary>JSON of commands that people read, too: indented, without what is not there, and with every letter as it is.</summary>
internal static class ReadableJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The text, with a line end.</summary>
    public static string Of<T>(T value) => JsonSerializer.Serialize(value, Options) + "\n";
}
