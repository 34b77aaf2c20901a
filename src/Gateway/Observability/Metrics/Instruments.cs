using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Observability.Metrics;

/// <summary>
/// Every instrument of the gateway, with its name, its labels and their closed sets. The rooms tell cells (<see cref="RouteMeter"/> and
/// its like) that they fetch once a configuration; a scrape and the push exporters read the same cells. A label set exists once
/// it occurred, and no value comes from a client.
/// </summary>
internal sealed partial class Instruments : IDisposable
{
    /// <summary>The name of the meter, for the push exporters.</summary>
    public const string MeterName = "Gateway";

    public const string RouteLabel = "route";
    public const string OutcomeLabel = "outcome";
    public const string ClusterLabel = "cluster";
    public const string TierLabel = "tier";
    public const string DestinationLabel = "destination";
    public const string SignalLabel = "signal";
    public const string ResultLabel = "result";
    public const string ReasonLabel = "reason";
    public const string RungLabel = "rung";
    public const string ByLabel = "by";
    public const string WonLabel = "won";
    public const string FromLabel = "from";
    public const string ToLabel = "to";
    public const string WindowLabel = "window";
    public const string ListenLabel = "listen";
    public const string FileLabel = "file";
    public const string GoodLabel = "good";
    public const string PartLabel = "part";
    public const string CodeLabel = "code";
    public const string HowLabel = "how";
    public const string DirectionLabel = "direction";
    public const string QuantileLabel = "quantile";
    public const string RunbookLabel = "runbook";
    /// <summary>Route, or outcome, of a series that stands for all of them; no route can be named so.</summary>
    public const string AllRoutes = "*";

    /// <summary>The route's name for requests that no route takes; the configuration refuses a route of this name.</summary>
    public const string UnmatchedRoute = "unmatched";

    /// <summary>By <see cref="RequestOutcome"/>.</summary>
    public static readonly string[] OutcomeNames = ["live", "degraded", "failed", "refused", "aborted"];

    /// <summary>The first digit of a status; the first one stands for a request that got no response.</summary>
    public static readonly string[] CodeNames = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

    /// <summary>By <see cref="AttemptResult"/>.</summary>
    public static readonly string[] ResultNames = ["success", "connect", "reset", "timeout", "truncated", "status", "cancelled", "local"];

    /// <summary>By <see cref="SkipReason"/>.</summary>
    public static readonly string[] SkipNames = ["budget", "deadline", "not_repeatable", "no_destination"];

    /// <summary>By <see cref="FallbackStep"/>; as in <c>X-Fallback</c>.</summary>
    public static readonly string[] StepNames = ["last-good", "file", "built-in"];

    /// <summary>By <see cref="StreamEnd"/>.</summary>
    public static readonly string[] StreamEndNames = ["complete", "interrupted", "client_abort", "restarting"];

    /// <summary>By <see cref="NotifyResult"/>.</summary>
    public static readonly string[] NotifyNames = ["sent", "failed", "dropped"];

    private const int MaxByteRoutes = 10;

    private static readonly double[] ProbeBounds = [0.005, 0.025, 0.1, 0.25, 1];

    private readonly ConcurrentDictionary<string, RouteMeter> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ClusterMeter> _clusters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Cluster, string Destination), DestinationMeter> _destinations = new();
    private readonly ReasonCounts _reasons = new();
    private readonly SharedCount _stored = new();
    private readonly long[] _notifications = new long[NotifyNames.Length];
    private readonly DurationCells _probes = new();
    private readonly DurationSeries _durations = new();
    private readonly Meter _meter;
    private readonly Histogram<double> _exportedDuration;
    private readonly Histogram<double> _exportedProbes;
    private readonly ILogger _log;
    private readonly MetricFamily[] _families;
    private readonly RequestGranularity _granularity = new();
    private volatile StateReadings _state = new();

    /// <param name="log">Where a reading that fails is told.</param>
    /// <param name="meter">Another name than the one that the push exporters read.</param>
    public Instruments(ILogger<Instruments> log, string meter = MeterName)
    {
        _log = log;
        _meter = new Meter(meter);
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationCells.Bounds };
        _exportedDuration = _meter.CreateHistogram("gateway_request_duration_seconds", "s", DurationHelp, null, advice);
        _exportedProbes = _meter.CreateHistogram("gateway_probe_duration_seconds", "s", ProbeHelp, null, advice);
        _families = Describe();
        foreach (var family in _families)
        {
            Publish(family);
        }
    }

    private const string DurationHelp = "Time from a request's head to the end of its response, in seconds.";
    private const string ProbeHelp = "Time a probe took, failed ones included, in seconds.";

    /// <summary>The cells of one route; <see cref="UnmatchedRoute"/> for requests that no route takes.</summary>
    public RouteMeter Route(string route) => _routes.GetOrAdd(route, static (r, self) => new(r, self._exportedDuration), this);

    /// <summary>The cells of all event streams.</summary>
    public StreamMeter Streams { get; } = new();

    /// <summary>The cells of runbooks.</summary>
    public RunbookCounts Runbooks { get; } = new();

    /// <summary>The cells of users' connections.</summary>
    public ConnectionMeter Connections { get; } = new();

    /// <summary>The cells of all routes now.</summary>
    public IReadOnlyCollection<RouteMeter> Routes => (IReadOnlyCollection<RouteMeter>)_routes.Values;

    /// <summary>The cells of one cluster.</summary>
    public ClusterMeter Cluster(string cluster) => _clusters.GetOrAdd(cluster, static c => new(c));

    /// <summary>The cells of one destination.</summary>
    public DestinationMeter Destination(string cluster, string destination) =>
        _destinations.GetOrAdd((cluster, destination), static key => new(key.Cluster, key.Destination));

    /// <summary>A probe ended, well or not.</summary>
    public void ProbeEnded(TimeSpan duration)
    {
        _probes.Add(duration);
        if (_exportedProbes.Enabled)
        {
            _exportedProbes.Record(duration.TotalSeconds);
        }
    }

    /// <summary>A cluster's active tier changed; called by the one who announces it.</summary>
    public void Transition(string cluster, string from, string to, string reason) => _reasons.Transition(cluster, from, to, reason);

    /// <summary>A response was kept.</summary>
    public void LastGoodStored() => _stored.Increment();

    /// <summary>A response was not kept; the reason is one of a closed set.</summary>
    public void LastGoodRefused(string reason) => _reasons.Refused(reason);

    /// <summary>A notification ended.</summary>
    public void Notified(NotifyResult result) => Interlocked.Increment(ref _notifications[(int)result]);

    /// <summary>Says where the figures of state are read from.</summary>
    public void ReadStateFrom(StateReadings state) => _state = state;

    /// <summary>After a reload: forgets the series of routes, clusters and destinations that are no more.</summary>
    public void Retain(IReadOnlySet<string> routes, IReadOnlySet<(string Cluster, string Destination)> destinations)
    {
        var clusters = destinations.Select(static d => d.Cluster).ToHashSet(StringComparer.Ordinal);
        Forget(_routes, name => routes.Contains(name) || string.Equals(name, UnmatchedRoute, StringComparison.Ordinal));
        Forget(_destinations, destinations.Contains);
        Forget(_clusters, clusters.Contains);
        _reasons.Retain(clusters);
        _durations.Reset();
        _granularity.Reset();
    }

    /// <summary>All figures now, within the series allowed. <paramref name="others"/> are families from elsewhere that count too.</summary>
    public MetricSnapshot Collect(IEnumerable<MetricFamily>? others = null)
    {
        var families = new List<(MetricFamily, IReadOnlyList<Sample>)>(_families.Length + 16);
        var series = 0;
        foreach (var family in others is null ? _families : _families.Concat(others))
        {
            var samples = ReadSafely(family);
            series += samples.Count;
            families.Add((family, samples));
        }

        var probes = _probes.Count == 0 ? [] : new[] { DurationCells.Read([], ProbeBounds, [_probes]) };
        HistogramFamily[] streams = [.. TrafficFamilies.Histograms(Streams)];
        series += probes.Sum(static p => p.Series) + streams.Sum(static family => family.Samples.Sum(static s => s.Series));
        series += _granularity.Coarsen(families, Limit - series - SeriesBudget.FewestDurations, ReadSafely);
        return new(families,
        [
            new("gateway_request_duration_seconds", DurationHelp, _durations.Read(_routes.Values, series, Limit)),
            new("gateway_probe_duration_seconds", ProbeHelp, probes),
            .. streams,
        ]);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    /// <summary>Whether a meter is this one; several hosts of one process have one each.</summary>
    internal bool Owns(Meter meter) => ReferenceEquals(meter, _meter);

    // Requests that no route takes are not a route of the configuration.
    private int Limit =>
        SeriesBudget.Limit(
            _routes.Keys.Count(static route => !string.Equals(route, UnmatchedRoute, StringComparison.Ordinal)),
            _destinations.Count);

    private MetricFamily[] Describe() =>
    [
        MetricFamily.Counter(RequestSeries.Name, "Users' requests that ended, by who answered and by the class of the status.", () =>
            RequestSeries.Of(_routes.Values, _granularity.Detail)),
        MetricFamily.Counter("gateway_attempts_total", "Exchanges with a destination that ended.", () =>
            [.. from destination in _destinations.Values
                from result in Enum.GetValues<AttemptResult>()
                let count = destination.Attempts(result)
                where count > 0
                select new Sample(count, new(ClusterLabel, destination.Cluster), new(DestinationLabel, destination.Destination),
                    new(ResultLabel, ResultNames[(int)result]))]),
        MetricFamily.Counter("gateway_attempts_skipped_total", "Further attempts that were not made.", () =>
            [.. from cluster in _clusters.Values
                from reason in Enum.GetValues<SkipReason>()
                let count = cluster.Skips(reason)
                where count > 0
                select new Sample(count, new(ClusterLabel, cluster.Cluster), new(ReasonLabel, SkipNames[(int)reason]))]),
        MetricFamily.Counter("gateway_hedges_total", "Second attempts beside a late first one, by whether they gave the response.", () =>
            [.. from cluster in _clusters.Values
                from won in new[] { false, true }
                let count = cluster.Hedges(won)
                where count > 0
                select new Sample(count, new(ClusterLabel, cluster.Cluster), new(WonLabel, won ? "true" : "false"))]),
        MetricFamily.Counter("gateway_fallback_total", "Responses of the fallback chain, by step.", () =>
            [.. from route in _routes.Values
                from step in Enum.GetValues<FallbackStep>()
                let count = route.Uses(step)
                where count > 0
                select new Sample(count, new(RouteLabel, route.Route), new(RungLabel, StepNames[(int)step]))]),
        SavedFamily.Of(() => _routes.Values),
        RefusalReasons.Family(() => _routes.Values),
        ReusedResponses.Family(() => _routes.Values),
        .. QueueFamilies.Of(() => _clusters.Values),
        MetricFamily.Counter("gateway_last_good_stored_total", "Responses that were kept.", () => Sample.OneOrNone(_stored.Value)),
        .. _reasons.Families(),
        .. Runbooks.Families(),
        MetricFamily.Counter(
            "gateway_bytes_total",
            "Bytes of users' requests' bodies (in) and of their responses' (out), counted when a request has ended.",
            () =>
            TrafficFamilies.BytesOf(Routes, MaxByteRoutes)),
        .. TrafficFamilies.Of(Streams),
        .. TrafficFamilies.Of(Connections),
        MetricFamily.Counter("gateway_notifications_total", "Notifications, by whether their receiver took them.", () =>
            [.. from result in Enum.GetValues<NotifyResult>()
                let count = Volatile.Read(ref _notifications[(int)result])
                where count > 0
                select new Sample(count, new KeyValuePair<string, object?>(ResultLabel, NotifyNames[(int)result]))]),
        .. ClusterFigures.Of(() => _state),
        .. GatewayFigures.Of(() => _state),
        .. OutlookFigures.Of(() => _state),
        .. ForecastFigures.Of(() => _state),
        .. MirrorFigures.Of(() => _state),
        .. ProofFigures.Of(() => _state),
    ];

    private void Publish(MetricFamily family)
    {
        IEnumerable<Measurement<double>> Measure() => ReadSafely(family).Select(static s => new Measurement<double>(s.Value, s.Labels));
        if (family.Kind == MetricKind.Counter)
        {
            // Receivers of OTLP add the suffix themselves.
            _meter.CreateObservableCounter(family.Name[..^"_total".Length], Measure, null, family.Help);
        }
        else
        {
            _meter.CreateObservableGauge(family.Name, Measure, null, family.Help);
        }
    }

    private IReadOnlyList<Sample> ReadSafely(MetricFamily family)
    {
        try
        {
            return family.Read();
        }
        catch (Exception e)
        {
            // One reading that fails must not take the other figures away from an operator.
            LogReadingFailed(family.Name, e);
            return [];
        }
    }

    private static void Forget<TKey, TValue>(ConcurrentDictionary<TKey, TValue> cells, Func<TKey, bool> stays)
        where TKey : notnull
    {
        foreach (var key in cells.Keys.Where(k => !stays(k)))
        {
            cells.TryRemove(key, out _);
        }
    }

    [LoggerMessage(1001, LogLevel.Warning, "The figures of {Metric} could not be read and are left out of this scrape.")]
    private partial void LogReadingFailed(string metric, Exception exception);
}
