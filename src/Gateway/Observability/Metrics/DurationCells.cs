namespace Gateway.Observability.Metrics;

/// <summary>
/// Counts durations in fixed buckets from 1 ms to 60 s. Telling it costs a scan of at most fifteen numbers and two interlocked
/// additions; nothing is allocated.
/// </summary>
internal sealed class DurationCells
{
    /// <summary>
    /// The finest upper bounds, in seconds. Coarser readings are subsets, so that a bucket is only ever left out, never moved.
    /// </summary>
    public static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private static readonly long[] BoundTicks = [.. Bounds.Select(static b => (long)(b * TimeSpan.TicksPerSecond))];

    // The last one holds what is above every bound.
    private readonly long[] _counts = new long[Bounds.Length + 1];
    private long _sumTicks;
    private Exemplar? _exemplar;

    /// <summary>Counts one duration.</summary>
    public void Add(TimeSpan duration)
    {
        var ticks = Math.Max(duration.Ticks, 0);
        var bounds = BoundTicks;
        var i = 0;
        while (i < bounds.Length && ticks > bounds[i])
        {
            i++;
        }

        Interlocked.Increment(ref _counts[i]);
        Interlocked.Add(ref _sumTicks, ticks);
    }

    /// <summary>The last of them whose trace is exported. Called beside <see cref="Add"/>; it keeps one.</summary>
    public void Note(Exemplar exemplar) => Volatile.Write(ref _exemplar, exemplar);

    /// <summary>How many were told.</summary>
    public long Count
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < _counts.Length; i++)
            {
                sum += Volatile.Read(ref _counts[i]);
            }

            return sum;
        }
    }

    /// <summary>How many took longer than a bound, which must be one of <see cref="Bounds"/>.</summary>
    public long CountAbove(TimeSpan bound)
    {
        var first = Array.IndexOf(BoundTicks, bound.Ticks);
        ArgumentOutOfRangeException.ThrowIfNegative(first, nameof(bound));
        var sum = 0L;
        for (var i = first + 1; i < _counts.Length; i++)
        {
            sum += Volatile.Read(ref _counts[i]);
        }

        return sum;
    }

    /// <summary>Reads several cells as one at the given bounds, which must be some of <see cref="Bounds"/>, ascending.</summary>
    public static HistogramSample Read(KeyValuePair<string, object?>[] labels, double[] bounds, IEnumerable<DurationCells> cells)
    {
        var counts = new long[Bounds.Length + 1];
        var ticks = 0L;
        Exemplar? exemplar = null;
        foreach (var cell in cells)
        {
            ticks += Volatile.Read(ref cell._sumTicks);

            // Of several the slowest: that is the trace worth a look.
            if (Volatile.Read(ref cell._exemplar) is { } own && own.Seconds >= (exemplar?.Seconds ?? 0))
            {
                exemplar = own;
            }

            for (var i = 0; i < counts.Length; i++)
            {
                counts[i] += Volatile.Read(ref cell._counts[i]);
            }
        }

        var cumulative = new long[bounds.Length];
        var total = 0L;
        var next = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            if (next < bounds.Length && i < Bounds.Length && Bounds[i] >= bounds[next])
            {
                cumulative[next++] = total;
            }
        }

        // The count is taken from the same reading as the buckets: a scrape never shows a bucket above the count.
        return new HistogramSample(labels, bounds, cumulative, total, (double)ticks / TimeSpan.TicksPerSecond) { Exemplar = exemplar };
    }
}
