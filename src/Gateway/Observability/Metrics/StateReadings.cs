namespace Gateway.Observability.Metrics;

/// <summary>
/// Where the figures of state come from: read at a scrape, from what the rooms publish. Observability is told by delegates,
/// so that it knows no other room. Each must answer at once, from memory; one that is not set shows nothing.
/// </summary>
internal sealed record StateReadings
{
    /// <summary>Every tier of every cluster.</summary>
    public Func<IReadOnlyList<TierReading>> Tiers { get; init; } = static () => [];

    /// <summary>Clusters whose next change is due at a known time.</summary>
    public Func<IReadOnlyList<NextChangeReading>> NextChanges { get; init; } = static () => [];

    /// <summary>Every destination.</summary>
    public Func<IReadOnlyList<DestinationReading>> Destinations { get; init; } = static () => [];

    /// <summary>What is forecast of every destination.</summary>
    public Func<IReadOnlyList<ForecastReading>> Forecasts { get; init; } = static () => [];

    /// <summary>The score of each cluster's forecasts.</summary>
    public Func<IReadOnlyList<ForecastScoreReading>> ForecastScores { get; init; } = static () => [];

    /// <summary>The store of last-good responses; null: there is none.</summary>
    public Func<LastGoodReading?> LastGood { get; init; } = static () => null;

    /// <summary>For each route that keeps responses: the last hour's requests, and those that a total outage could have answered.</summary>
    public Func<IReadOnlyList<RouteCoverage>> Coverage { get; init; } = static () => [];

    /// <summary>Availability of each cluster and window that has data.</summary>
    public Func<IReadOnlyList<AvailabilityReading>> Availability { get; init; } = static () => [];

    /// <summary>Times between and to repair of each cluster that failed at least once.</summary>
    public Func<IReadOnlyList<ReliabilityReading>> Reliability { get; init; } = static () => [];

    /// <summary>Each cluster's target and what its requests came to.</summary>
    public Func<IReadOnlyList<SloReading>> Slo { get; init; } = static () => [];

    /// <summary>Parts of the gateway itself that do not work.</summary>
    public Func<IReadOnlyList<ComponentAlert>> Alarms { get; init; } = static () => [];

    /// <summary>Log lines that were dropped, by where they should have gone.</summary>
    public Func<IReadOnlyList<LogDropReading>> LogDrops { get; init; } = static () => [];

    /// <summary>The last reload, or the start.</summary>
    public Func<ReloadReading?> Reload { get; init; } = static () => null;

    /// <summary>Whether Redis answers; null: none is configured.</summary>
    public Func<bool?> RedisUp { get; init; } = static () => null;

    /// <summary>
    /// Whether gateways count together for rate limits; null: there are none, or this gateway is alone by its configuration.
    /// </summary>
    public Func<bool?> LimitsShared { get; init; } = static () => null;

    /// <summary>What runs; null: it is not told.</summary>
    public Func<BuildReading?> Build { get; init; } = static () => null;

    /// <summary>The certificates in force.</summary>
    public Func<IReadOnlyList<CertificateReading>> Certificates { get; init; } = static () => [];

    /// <summary>How old the proof of each promise is, and how scheduled drills ended.</summary>
    public Func<ProofReading> Proofs { get; init; } = static () => ProofReading.Empty;

    /// <summary>Mirrored reads, and what they show.</summary>
    public Func<MirrorReading> Mirrors { get; init; } = static () => MirrorReading.Empty;
}

/// <summary>One tier now.</summary>
/// <param name="InFlight">Requests in flight.</param>
/// <param name="Active">True: it is the tier that serves.</param>
/// <param name="Share">Its share of new requests, 0 to 1.</param>
/// <param name="Degraded">True: it has lost destinations.</param>
/// <param name="Held">An operator holds it.</param>
internal readonly record struct TierReading(
    string Cluster,
    string Tier,
    long InFlight,
    bool Active,
    double Share,
    bool Degraded = false,
    bool Held = false);

/// <summary>A cluster's next change of the active tier; <paramref name="In"/>: how long until then.</summary>
internal readonly record struct NextChangeReading(string Cluster, TimeSpan In);

/// <summary>One destination now.</summary>
/// <param name="Up">True: it can serve.</param>
/// <param name="ProbeAge">Since the last probe ended; null: none did yet.</param>
/// <param name="Draining">An operator drains it.</param>
/// <param name="Latency">Of its latest responses; null: there were none.</param>
internal readonly record struct DestinationReading(
    string Cluster,
    string Tier,
    string Destination,
    bool Up,
    TimeSpan? ProbeAge,
    bool Draining = false,
    LatencyReading? Latency = null,
    int? OrderedWeight = null)
{
    /// <summary>Its signals that have data, and whether each fires.</summary>
    public IReadOnlyList<(string Signal, bool Fires)> Signals { get; init; } = [];

    /// <summary>The share of its weight that signals leave it; null: all of it.</summary>
    public double? SignalShare { get; init; }
}

/// <summary>What is forecast of a destination: the probability that it cannot serve soon.</summary>
internal readonly record struct ForecastReading(string Cluster, string Destination, double Probability);

/// <summary>The score of a cluster's forecasts; null: it cannot be said yet.</summary>
internal readonly record struct ForecastScoreReading(
    string Cluster,
    double? Precision,
    double? Recall,
    TimeSpan? MedianLead,
    double? Brier,
    double? FalseAlarmsPerWeek);

/// <summary>Times to response of one destination.</summary>
internal readonly record struct LatencyReading(TimeSpan P50, TimeSpan P90, TimeSpan P99)
{
    /// <summary>Each with its share, as Prometheus writes it.</summary>
    public IEnumerable<(string Share, TimeSpan Time)> Quantiles => [("0.5", P50), ("0.9", P90), ("0.99", P99)];
}

/// <summary>What runs.</summary>
/// <param name="Revision">Of the source; <c>unknown</c> if the build did not say.</param>
internal sealed record BuildReading(string Version, string Revision);

/// <summary>The store of last-good responses now; sizes in bytes.</summary>
internal readonly record struct LastGoodReading(long Entries, long Bytes);

/// <summary>What the last-good responses of a route would have carried in the last hour.</summary>
internal readonly record struct RouteCoverage(string Route, long Requests, long Covered);

/// <summary>Share of requests that a tier answered, 0 to 1, in a window such as <c>24h</c>.</summary>
internal readonly record struct AvailabilityReading(string Cluster, string Window, double Ratio);

/// <summary>Mean times of one cluster, null while unknown.</summary>
internal readonly record struct ReliabilityReading(string Cluster, TimeSpan? BetweenFailures, TimeSpan? ToRepair);

/// <summary>A cluster's error budget: its target, 0 to 1, and its judged requests since the start.</summary>
/// <param name="Good">Answered by a tier.</param>
/// <param name="Bad">Answered by the fallback chain, or not at all.</param>
internal readonly record struct SloReading(string Cluster, double Target, long Good, long Bad);

/// <summary>Log lines that were dropped; <paramref name="To"/> is <c>output</c> or <c>splunk</c>.</summary>
internal readonly record struct LogDropReading(string To, long Count);

/// <summary>Whether the newest configuration file is the one in force, and since when one is.</summary>
internal readonly record struct ReloadReading(bool Success, DateTimeOffset AppliedAt);

/// <summary>A certificate of one public listener, by the URL as configured and the certificate's file.</summary>
internal readonly record struct CertificateReading(string Listen, string File, DateTimeOffset EndsAt);
