using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Failover.Recording;

/// <summary>
/// Leaves out what is zero, and counts times in ticks of 100 ns: for what is written once a second and whose defaults are zero.
/// </summary>
internal sealed class CompactJson<T> : JsonConverter<T>
{
    private static readonly JsonSerializerOptions Options = new(RecordingJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new TicksJson() },
    };

    /// <inheritdoc/>
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize<T>(ref reader, Options);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, Options);

    private sealed class TicksJson : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Ticks);
    }
}
