namespace Gateway.Observability.Metrics;

/// <summary>What a figure is: it decides the suffix and what a reader may do with it.</summary>
internal enum MetricKind
{
    /// <summary>Only grows; its name ends in <c>_total</c>.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Quantiles of what was measured lately, with the label <c>quantile</c>.</summary>
    Summary,
}

/// <summary>One metric with all its label sets; read at a scrape, never on a request's way.</summary>
/// <param name="Name">The full name, as scraped.</param>
/// <param name="Help">One sentence for the reader of a scrape.</param>
/// <param name="Kind">Counter or gauge.</param>
/// <param name="Read">The label sets that occurred.</param>
internal sealed record MetricFamily(string Name, string Help, MetricKind Kind, Func<IReadOnlyList<Sample>> Read)
{
    /// <summary>A counter.</summary>
    public static MetricFamily Counter(string name, string help, Func<IReadOnlyList<Sample>> read) =>
        new(name, help, MetricKind.Counter, read);

    /// <summary>A gauge.</summary>
    public static MetricFamily Gauge(string name, string help, Func<IReadOnlyList<Sample>> read) => new(name, help, MetricKind.Gauge, read);
}

/// <summary>One series and its value now.</summary>
internal readonly record struct Sample(double Value, params KeyValuePair<string, object?>[] Labels)
{
    /// <summary>The one series of a metric without labels; none while it has no value.</summary>
    public static Sample[] OneOrNone(double? value) => value is null ? [] : [new Sample(value.Value)];
}

/// <summary>One histogram with its label sets.</summary>
internal sealed record HistogramFamily(string Name, string Help, IReadOnlyList<HistogramSample> Samples);

/// <summary>One label set of a histogram: counts up to and including each bound (seconds), then all of them.</summary>
internal sealed record HistogramSample(
    KeyValuePair<string, object?>[] Labels, double[] Bounds, long[] Cumulative, long Count, double Sum)
{
    /// <summary>Series it takes: the bounds, +Inf, sum and count.</summary>
    public int Series => Bounds.Length + 3;

    /// <summary>A request of it whose trace is exported; null: there is none.</summary>
    public Exemplar? Exemplar { get; init; }
}

/// <summary>All figures of one moment.</summary>
internal sealed record MetricSnapshot(
    IReadOnlyList<(MetricFamily Family, IReadOnlyList<Sample> Samples)> Families, IReadOnlyList<HistogramFamily> Histograms)
{
    /// <summary>Series in it.</summary>
    public int Series => Families.Sum(static f => f.Samples.Count) + Histograms.Sum(static h => h.Samples.Sum(static s => s.Series));
}
