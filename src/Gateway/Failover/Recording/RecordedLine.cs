using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Failover.Comparison;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Signals;

namespace Gateway.Failover.Recording;

/// <summary>One line of a recording: one of its members is set. Times are ticks of 100 ns on the loop's clock.</summary>
internal sealed record RecordedLine
{
    /// <summary>Time since the line before.</summary>
    [JsonPropertyName("d"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long After { get; init; }

    /// <summary>A segment begins.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>A destination's number in this segment.</summary>
    public RecordedDestination? Destination { get; init; }

    /// <summary>The loop turned late: when it had planned to.</summary>
    public long? Late { get; init; }

    /// <summary>A count.</summary>
    [JsonPropertyName("n")]
    public RecordedCount? Count { get; init; }

    /// <summary>When a route is late.</summary>
    public RecordedLateAfter? LateAfter { get; init; }

    /// <summary>What the comparison of two tiers in a ramp comes to, in the step that follows.</summary>
    public RecordedComparison? Comparison { get; init; }

    /// <summary>A tick, and the destinations whose probes it started.</summary>
    [JsonPropertyName("t")]
    public int[]? Tick { get; init; }

    /// <summary>A decision.</summary>
    [JsonPropertyName("x"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsDecision { get; init; }

    /// <summary>Evidence of an attempt.</summary>
    [JsonPropertyName("e")]
    public RecordedEvidence? Evidence { get; init; }

    /// <summary>A probe's result.</summary>
    [JsonPropertyName("p")]
    public RecordedProbe? Probe { get; init; }

    /// <summary>An operator's command.</summary>
    public Command? Command { get; init; }

    /// <summary>The configuration from now on.</summary>
    public RecordedConfig? Config { get; init; }

    /// <summary>What a name stands for.</summary>
    public RecordedName? Name { get; init; }

    /// <summary>What a signal says.</summary>
    public RecordedSignal? Signal { get; init; }

    /// <summary>What the fleet decided.</summary>
    public ImmutableDictionary<string, FleetGuidance>? Guidance { get; init; }

    /// <summary>The fleet decided as before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SameGuidance { get; init; }

    /// <summary>A forecast changed what requests see of this cluster.</summary>
    public string? Dirty { get; init; }

    /// <summary>The active tier changed, in the step that follows.</summary>
    public Transition? Transition { get; init; }

    /// <summary>What a forecast was made of.</summary>
    [JsonPropertyName("s")]
    public RecordedSample? Sample { get; init; }
}

/// <summary>All that is held true when a segment begins.</summary>
/// <param name="Version">Of the format.</param>
/// <param name="Run">Tells runs of gateways apart.</param>
/// <param name="IsStart">The run begins here, and nothing is known yet.</param>
/// <param name="At">The loop's clock, in ticks.</param>
/// <param name="Utc">The wall clock.</param>
/// <param name="Lost">How much was not recorded since the run began: if it is more than before, there is a gap.</param>
/// <param name="Config">The configuration in force.</param>
/// <param name="Names">What is known of names.</param>
/// <param name="Clusters">What is held true of clusters.</param>
internal sealed record Checkpoint(
    int Version,
    Guid Run,
    bool IsStart,
    long At,
    DateTimeOffset Utc,
    long Lost,
    RecordedConfig Config,
    ImmutableArray<RecordedName> Names,
    ImmutableArray<ClusterCheckpoint> Clusters)
{
    /// <summary>The format that this version writes, and the only one that it reads.</summary>
    public const int Current = 1;
}

/// <summary>What is held true of a cluster.</summary>
internal sealed record ClusterCheckpoint(
    string Name,
    ClusterState State,
    string? GoneTier,
    ImmutableArray<RecordedLateAfter> Routes,
    ImmutableArray<DestinationCheckpoint> Destinations);

/// <summary>What is held true of a destination.</summary>
internal sealed record DestinationCheckpoint(
    RecordedDestination Destination,
    HealthState State,
    string Why,
    string Cause,
    TimeSpan Since,
    DrainOrder? Drain,
    TimeSpan? ProbedSince,
    ImmutableArray<RecordedCount> Counts);

/// <summary>A destination and its number in the segment.</summary>
internal sealed record RecordedDestination(int Id, string Cluster, string Name, Uri Url);

/// <summary>Successes of a route at a destination since the start.</summary>
internal readonly record struct RecordedCount(int Id, string Route, long Successes);

/// <summary>From when a route's responses are late.</summary>
internal sealed record RecordedLateAfter(string Cluster, string Route, TimeSpan After);

/// <summary>What the comparison of a cluster's two tiers in a ramp comes to.</summary>
internal sealed record RecordedComparison(string Cluster, ComparisonResult Result);

/// <summary>Evidence, with its destination's number.</summary>
internal sealed record RecordedEvidence(
    int Id,
    string Route,
    EvidenceKind Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool HalfOpen = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TimeSpan Waited = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Status = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TimeSpan RetryAfter = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] FailureCause Cause = FailureCause.None,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Confirmed = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Lone = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Target = 0);

/// <summary>A probe's result, with its destination's number.</summary>
internal sealed record RecordedProbe(
    int Id, [property: JsonConverter(typeof(CompactJson<ProbeResult>))] ProbeResult Result);

/// <summary>What a name stands for.</summary>
internal sealed record RecordedName(DnsName Name, ImmutableArray<ResolvedEndpoint> Endpoints, TimeSpan ValidFor);

/// <summary>What a signal says of the destination of this number.</summary>
internal sealed record RecordedSignal(
    int Id, string Signal, SignalState State, SignalEffect Effect, string Value, TimeSpan ValidFor, double? Weight, double? Capacity);

/// <summary>What a forecast was made of, with its destination's number.</summary>
internal sealed record RecordedSample(
    int Id,
    [property: JsonConverter(typeof(CompactJson<DestinationSample>))] DestinationSample Sample,
    ForecastLimits? Limits,
    bool Serves,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsExcused = false);

/// <summary>What a configuration says of clusters, without what only connections need: headers of probes, keys, certificates.</summary>
/// <param name="Revision">A short hash of it.</param>
/// <param name="Clusters">The clusters.</param>
/// <param name="Routes">The names of the routes.</param>
internal sealed record RecordedConfig(string Revision, ImmutableArray<ClusterConfig> Clusters, ImmutableArray<string> Routes);
