using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Health.Forecast;

/// <summary>All that the failover loop read of one destination in one second, so that it can be replayed.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Destination">The destination's name.</param>
/// <param name="At">The loop's clock.</param>
/// <param name="Utc">The wall clock.</param>
/// <param name="Sample">The numbers.</param>
/// <param name="Limits">Where they made it unable to serve.</param>
/// <param name="Serves">It could serve.</param>
/// <param name="IsExcused">Whatever it did had another reason.</param>
internal sealed record RecordedSecond(
    string Cluster,
    string Destination,
    TimeSpan At,
    DateTimeOffset Utc,
    DestinationSample Sample,
    ForecastLimits Limits,
    bool Serves,
    bool IsExcused)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>One line of a recording.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads a line; null: it is none.</summary>
    public static RecordedSecond? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<RecordedSecond>(line, Json) is { Cluster: not null, Destination: not null } read
                ? read with { Sample = read.Sample with { Series = read.Sample.Series ?? [] } }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
