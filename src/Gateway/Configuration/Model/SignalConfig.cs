using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>
/// Something beside probes and requests that says how destinations of a cluster are: their metrics, their logs, their own reports, or
/// an alert.
/// </summary>
internal sealed record SignalConfig
{
    /// <summary>Unique inside the cluster.</summary>
    public string Name { get; init; } = "";

    /// <summary>What a destination that it is about gets.</summary>
    public SignalEffect Then { get; init; }

    /// <summary>Path of the destination's metrics; null: another source.</summary>
    public string? Metrics { get; init; }

    /// <summary>The port that metrics or an agent are asked on. Default: null, the destination's own.</summary>
    public int? Port { get; init; }

    /// <summary>From one reading to the next. Default: 5 s; 30 s for a conversation.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What must hold of the metrics; null: another source.</summary>
    public SignalCondition? When { get; init; }

    /// <summary>Files of a log, with <c>*</c>, <c>?</c> and <c>{destination}</c> in the name; null: another source.</summary>
    public string? Log { get; init; }

    /// <summary>The unit of systemd whose journal is followed, with <c>*</c> and <c>?</c>; null: another source.</summary>
    public string? Journal { get; init; }

    /// <summary>Where syslog messages are taken, <c>udp</c> or <c>tcp</c>; null: another source.</summary>
    public Uri? Syslog { get; init; }

    /// <summary>The name under which lines are sent to the admin endpoint; null: another source.</summary>
    public string? Push { get; init; }

    /// <summary>Regular expression that a line must match.</summary>
    public string? Pattern { get; init; }

    /// <summary>So many matching lines in <see cref="Within"/>. Default: 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>
    /// The time in which lines are counted, and after which they are forgotten; how long an alert counts unless it is sent again. Default:
    /// 30 s, 5 h for an alert.
    /// </summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The destination that the lines are of; null: their source says so, or the line does.</summary>
    public string? Destination { get; init; }

    /// <summary>A synthetic conversation; null: another source.</summary>
    public DeepProbeConfig? DeepProbe { get; init; }

    /// <summary>How destinations report their load themselves; null: another source.</summary>
    public SignalReport? Report { get; init; }

    /// <summary>The alert's name, as Alertmanager sends it; null: another source.</summary>
    public string? Alert { get; init; }

    /// <summary>Labels that such an alert must have. Default: none.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];
}

/// <summary>What a signal does to a destination; the order counts.</summary>
internal enum SignalEffect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its weight follows what it reports.</summary>
    Weight,

    /// <summary>A smaller weight.</summary>
    Degraded,

    /// <summary>Others are preferred.</summary>
    Suspect,

    /// <summary>No new requests while others can serve.</summary>
    Drain,
}

/// <summary>How a destination reports its load.</summary>
internal enum SignalReport
{
    /// <summary>In a header or trailer of its responses, <c>endpoint-load-metrics</c> (ORCA).</summary>
    Orca,

    /// <summary>In a line over a connection of its own (HAProxy's agent check).</summary>
    Agent,
}
