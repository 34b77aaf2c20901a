namespace Gateway.Observability.Metrics;

/// <summary>The families of event streams, bytes and connections.</summary>
internal static class TrafficFamilies
{
    private static readonly double[] FirstContentBounds = [0.1, 0.5, 1, 2.5, 10];
    private static readonly double[] GapBounds = [1, 5, 10, 30, 60];

    /// <summary>Those of event streams; none before the first stream.</summary>
    public static MetricFamily[] Of(StreamMeter streams) =>
    [
        new("gateway_streams_open", "Event streams that users have.", MetricKind.Gauge, () => streams.Started > 0
            ? [new(streams.Open)]
            : []),
        new("gateway_streams_started_total", "Event streams that users got.", MetricKind.Counter, () => streams.Started > 0
            ? [new(streams.Started)]
            : []),
        new(
            "gateway_streams_resumed_total",
            "Times that an event stream went on at another destination.",
            MetricKind.Counter,
            () => streams.Resumed > 0 ? [new(streams.Resumed)] : []),
        new("gateway_streams_ended_total", "Event streams that ended, by how.", MetricKind.Counter, () =>
            [.. from how in Enum.GetValues<StreamEnd>()
                let count = streams.Ended(how)
                where count > 0
                select new Sample(count, new KeyValuePair<string, object?>(Instruments.HowLabel, Instruments.StreamEndNames[(int)how]))]),
    ];

    /// <summary>The distributions of event streams; none before the first stream.</summary>
    public static IEnumerable<HistogramFamily> Histograms(StreamMeter streams) =>
    [
        new(
            "gateway_stream_first_content_seconds",
            "Time from a request's head to the first event with data, in seconds.",
            Read(streams.FirstContent, FirstContentBounds)),
        new(
            "gateway_stream_longest_gap_seconds",
            "Longest time in which the destination of an event stream sent nothing, in seconds; one of each stream that ended.",
            Read(streams.LongestGap, GapBounds)),
    ];

    /// <summary>Those of users' connections.</summary>
    public static MetricFamily[] Of(ConnectionMeter connections) =>
    [
        new("gateway_connections_open", "Users' connections that are open.", MetricKind.Gauge, () => [new(connections.Open)]),
        new(
            "gateway_connections_accepted_total",
            "Users' connections that were accepted.",
            MetricKind.Counter,
            () => [new(connections.Accepted)]),
        new(
            "gateway_connections_refused_total",
            "Users' connections that were closed at once, beyond limits.connections.",
            MetricKind.Counter,
            () => [new(connections.Refused)]),
    ];

    /// <summary>
    /// Bytes of bodies, by route; with many routes together, so that a scrape keeps to its series: which form is shown depends on the
    /// configuration alone.
    /// </summary>
    /// <param name="routes">All routes.</param>
    /// <param name="most">How many may be shown apart.</param>
    public static IReadOnlyList<Sample> BytesOf(IReadOnlyCollection<RouteMeter> routes, int most)
    {
        var apart = routes.Count(static route => !string.Equals(route.Route, Instruments.UnmatchedRoute, StringComparison.Ordinal)) <= most;
        return
        [
            .. from route in routes
               from isIn in new[] { true, false }
               group isIn ? route.BytesIn : route.BytesOut by (Route: apart ? route.Route : Instruments.AllRoutes, IsIn: isIn) into bytes
               let sum = bytes.Sum()
               where sum > 0
               select new Sample(
                   sum,
                   new(Instruments.RouteLabel, bytes.Key.Route),
                   new(Instruments.DirectionLabel, bytes.Key.IsIn ? "in" : "out")),
        ];
    }

    private static IReadOnlyList<HistogramSample> Read(DurationCells cells, double[] bounds) =>
        cells.Count == 0 ? [] : [DurationCells.Read([], bounds, [cells])];
}
