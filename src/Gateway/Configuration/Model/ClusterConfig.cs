using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>One service: its tiers in order, and how they are probed, judged, balanced and left.</summary>
internal sealed record ClusterConfig
{
    /// <summary>The key under <c>clusters</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The tiers in order: the first that can serve, serves. At least one.</summary>
    public required ImmutableArray<TierConfig> Tiers { get; init; }

    /// <summary>Target for the error budget as a ratio. Default: 0.999.</summary>
    public double Slo { get; init; } = 0.999;

    /// <summary>How a destination is chosen inside a tier. Default: power of two choices.</summary>
    public BalanceMethod Balance { get; init; } = BalanceMethod.PowerOfTwo;

    /// <summary>The zone whose destinations get the requests while enough of them serve. Default: null, none is preferred.</summary>
    public string? ZonePreference { get; init; }

    /// <summary>How long the share of a destination that comes back grows from 10 % to all of it. Default: 0, all at once.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>
    /// A request whose tier is full goes to another tier that can serve (<c>overflow: next</c>), not to its fallback chain. Default: true.
    /// </summary>
    public bool Overflows { get; init; } = true;

    /// <summary>Where requests wait while every tier that may take them is full. Default: null, they do not.</summary>
    public QueueConfig? Queue { get; init; }

    /// <summary>Same key, same destination while it can serve. Default: none.</summary>
    public AffinityConfig? Affinity { get; init; }

    /// <summary>Active probes.</summary>
    public ProbeConfig Probe { get; init; } = new();

    /// <summary>What traffic tells.</summary>
    public PassiveConfig Passive { get; init; } = new();

    /// <summary>What is done with forecasts of destinations' failures. Default: they are observed.</summary>
    public ForecastMode Forecast { get; init; } = ForecastMode.Observe;

    /// <summary>Share of the first tier's reads that the next tier gets as well, 0 to 1. Default: 0, none are mirrored.</summary>
    public double Mirror { get; init; }

    /// <summary>When a tier is left.</summary>
    public FailoverConfig Failover { get; init; } = new();

    /// <summary>When a better tier is taken again.</summary>
    public FailbackConfig Failback { get; init; } = new();

    /// <summary>How many destinations one request may try, and when.</summary>
    public AttemptsConfig Attempts { get; init; } = new();

    /// <summary>
    /// A response with a Content-Length up to this many bytes is committed only once whole. 0: none is held. Default: 64 KiB.
    /// </summary>
    public long ResponseBuffer { get; init; } = 64 * 1024;

    /// <summary>
    /// Which messages the gateway names itself in (<c>Via</c>, RFC 9110, section 7.6.3). Default: requests and responses.
    /// </summary>
    public ViaMode Via { get; init; } = ViaMode.Both;

    /// <summary>The deadlines of one request.</summary>
    public TimeoutsConfig Timeouts { get; init; } = new();

    /// <summary>
    /// How TLS connections to https destinations are made. Default: null, by the system's authorities and without a certificate.
    /// </summary>
    public ClusterTlsConfig? Tls { get; init; }

    /// <summary>What else says how destinations are. Default: none.</summary>
    public ImmutableArray<SignalConfig> Signals { get; init; } = [];

    /// <summary>One of <see cref="Signals"/> has this name.</summary>
    public bool HasSignal(string name)
    {
        foreach (var signal in Signals)
        {
            if (string.Equals(signal.Name, name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Destinations that serve together.</summary>
internal sealed record TierConfig
{
    /// <summary>Unique inside the cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Requests in flight that the whole tier can carry. Default: null, unlimited.</summary>
    public int? Capacity { get; init; }

    /// <summary>How many it can carry is found out from its response times (<c>capacity: auto</c>). Default: false.</summary>
    public bool FindsCapacity { get; init; }

    /// <summary>At least one.</summary>
    public required ImmutableArray<DestinationConfig> Destinations { get; init; }
}

/// <summary>One instance of the service.</summary>
internal sealed record DestinationConfig
{
    /// <summary>Unique inside the cluster. Default: <c>host:port</c> of the URL.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Scheme, host and port; a path is put before the request's path. When <see cref="Resolve"/> is set the scheme is what follows
    /// <c>dns+</c>.
    /// </summary>
    public required Uri Url { get; init; }

    /// <summary>Share beside its neighbours. Default: 1. Limits: 1 to 1,000.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Requests that it may have in flight; each address of a <c>dns+</c> name as many. Default: null, unlimited.</summary>
    public int? MaxInFlight { get; init; }

    /// <summary>True for <c>dns+http://</c> and <c>dns+https://</c>: one destination an address, resolved again every 5 s.</summary>
    public bool Resolve { get; init; }

    /// <summary>
    /// True for <c>dns+srv://</c>: <see cref="Url"/>'s host is a service (RFC 2782), whose records say hosts, ports, weights and
    /// priorities;
    /// it is resolved again when they expire.
    /// </summary>
    public bool IsService { get; init; }

    /// <summary>
    /// Of <c>kubernetes://</c>: the Service whose EndpointSlices say addresses, ports and zones; they are followed. Default: null.
    /// </summary>
    public KubernetesServiceName? Kubernetes { get; init; }

    /// <summary>Where it is, for <see cref="ClusterConfig.ZonePreference"/>. Default: null, unknown, or as EndpointSlices say.</summary>
    public string? Zone { get; init; }
}

/// <summary>How a destination is chosen inside a tier.</summary>
internal enum BalanceMethod
{
    /// <summary>The less busy of two drawn by weight (Mitzenmacher 2001).</summary>
    PowerOfTwo,

    /// <summary>In turn, smoothly by weight.</summary>
    RoundRobin,

    /// <summary>Fewest requests in flight for its weight.</summary>
    LeastRequests,

    /// <summary>Drawn by weight.</summary>
    Random,

    /// <summary>Of two drawn by weight the one that is likely to respond sooner, by response times and requests in flight.</summary>
    PeakEwma,
}

/// <summary>Which messages say <c>Via</c>.</summary>
internal enum ViaMode
{
    /// <summary>Requests to destinations and responses to users.</summary>
    Both,

    /// <summary>Responses alone: some servers behind compress nothing, or choose other headers, once a request says <c>Via</c>.</summary>
    Response,

    /// <summary>None.</summary>
    Off,
}

/// <summary>Where the affinity key is read; exactly one of the two is set.</summary>
internal sealed record AffinityConfig
{
    /// <summary>A request header's name.</summary>
    public string? Header { get; init; }

    /// <summary>A cookie's name.</summary>
    public string? Cookie { get; init; }

    /// <summary>
    /// How long after its last request a conversation stays where it is, though its key, or a failback, would send it elsewhere.
    /// Default: 0, it moves at once.
    /// </summary>
    public TimeSpan Stay { get; init; }
}
