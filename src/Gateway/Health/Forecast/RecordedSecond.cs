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

    private static readonly TimeSpan LongestRun = TimeSpan.FromDays(36_500);

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

    /// <summary>Why no gateway can have recorded this, such as <c>"at" is negative</c>; null: one can.</summary>
    public string? Problem()
    {
        var sample = Sample;
        return
            !IsName(Cluster) ? "\"cluster\" is no name: it is empty or has control characters"
            : !IsName(Destination) ? "\"destination\" is no name: it is empty or has control characters"
            : sample.Series.Any(static s => !IsName(s.Name)) ? "a \"name\" in \"series\" is missing, empty or has control characters"
            : At < TimeSpan.Zero || At > LongestRun ? "\"at\" is negative or longer than a gateway runs"
            : Utc.Year is < 2000 or > 9000 ? "\"utc\" is missing or no time of a recording"
            : !(Limits.Probe > TimeSpan.Zero && Limits.Connect > TimeSpan.Zero && Limits.FirstByte > TimeSpan.Zero)
                ? "a time in \"limits\" is missing or not above zero"
            : !(Limits.FailureRatio is > 0 and <= 1) ? "\"failureRatio\" in \"limits\" is missing or not between 0 and 1"
            : sample.Probe < TimeSpan.Zero || sample.Connect < TimeSpan.Zero || sample.FirstByte < TimeSpan.Zero
                ? "a time in \"sample\" is negative"
            : sample.Requests < 0 || sample.Failures < 0 || sample.Lates < 0 ? "a count in \"sample\" is negative"
            : !(sample.Phi >= 0) ? "\"phi\" in \"sample\" is negative or no number"
            : !(sample.PeersDrifting is >= 0 and <= 1) ? "\"peersDrifting\" in \"sample\" is not between 0 and 1"
            : null;
    }

    private static bool IsName(string? name) =>
        name is { Length: > 0 } && !name.Any(static c => char.IsControl(c) || c is '\u2028' or '\u2029');
}
