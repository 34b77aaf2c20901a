using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Drills.Processes;

/// <summary>What a sample guide does wrong, as its <c>PUT /faults</c> takes it.</summary>
internal sealed record GuideFault
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>none, 500, 503, 429, slow, late, hang, reset, cut, drip or garbage.</summary>
    public required string Mode { get; init; }

    /// <summary>How much later responses are. Null: the guide's default.</summary>
    [JsonIgnore]
    public TimeSpan? Delay { get; init; }

    /// <summary>Of slow: so many requests are worked on at once. Null: all.</summary>
    public int? Workers { get; init; }

    /// <summary>The share of responses that the fault hits, 0 to 1. Default: all.</summary>
    public double Share { get; init; } = 1.0;

    /// <summary>Seconds that a 503 or 429 asks to stay away for. Null: not said.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>What /health says meanwhile: same (as the mode makes it), good or bad.</summary>
    public string Health { get; init; } = "same";

    /// <summary>When a reset comes: accept, request, headers or body. Null: the guide's default, request.</summary>
    public string? When { get; init; }

    /// <summary>Bytes of the body before a cut. Null: half of them.</summary>
    public long? After { get; init; }

    /// <summary>How a cut ends the connection: reset or close. Null: the guide's default, reset.</summary>
    public string? End { get; init; }

    /// <summary>The delay as the guide reads it.</summary>
    [JsonPropertyName("delay")]
    public string? DelayText => Delay is { } delay ? delay.TotalSeconds.ToString(CultureInfo.InvariantCulture) + "s" : null;

    /// <summary>The JSON body for the guide.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format);
}
