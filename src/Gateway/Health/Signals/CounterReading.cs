namespace Gateway.Health.Signals;

/// <summary>How much counters have grown between two moments, by bucket. Not thread-safe.</summary>
/// <param name="from">The first moment.</param>
/// <param name="to">The second.</param>
/// <param name="grown">How much of each bucket; belongs to the reading.</param>
internal sealed class CounterReading(TimeSpan from, TimeSpan to, Dictionary<double, double> grown)
{
    /// <summary>The first moment.</summary>
    public TimeSpan From { get; } = from;

    /// <summary>The second.</summary>
    public TimeSpan To { get; private set; } = to;

    /// <summary>How much of each bucket.</summary>
    public IReadOnlyDictionary<double, double> Grown => grown;

    /// <summary>Grows until a later moment.</summary>
    public void Add(Dictionary<double, double> more, TimeSpan until)
    {
        To = until;
        foreach (var (bucket, count) in more)
        {
            grown[bucket] = grown.GetValueOrDefault(bucket) + count;
        }
    }
}
