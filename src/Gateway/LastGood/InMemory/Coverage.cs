namespace Gateway.LastGood.InMemory;

/// <summary>The share of a route's requests of the last hour that a total outage could have answered.</summary>
/// <remarks>Sixty buckets of a minute. A request that arrives while a bucket is being emptied for its new minute may be lost to the count:
/// a few in an hour, for no lock.</remarks>
internal sealed class Coverage
{
    private const int Minutes = 60;
    private readonly Bucket[] _buckets = new Bucket[Minutes];

    /// <summary>Counts a request.</summary>
    /// <param name="minute">The minute on a clock that only grows.</param>
    /// <param name="covered">A response was kept that the request could have been given.</param>
    public void Count(long minute, bool covered)
    {
        ref var bucket = ref _buckets[(int)(minute % Minutes)];
        var seen = Volatile.Read(ref bucket.Minute);
        if (seen != minute + 1 && Interlocked.CompareExchange(ref bucket.Minute, minute + 1, seen) == seen)
        {
            Interlocked.Exchange(ref bucket.Total, 0);
            Interlocked.Exchange(ref bucket.Covered, 0);
        }

        Interlocked.Increment(ref bucket.Total);
        if (covered)
        {
            Interlocked.Increment(ref bucket.Covered);
        }
    }

    /// <summary>The sums of the last hour.</summary>
    public CoverageReading Read(long minute)
    {
        long total = 0, covered = 0;
        foreach (ref var bucket in _buckets.AsSpan())
        {
            if (Volatile.Read(ref bucket.Minute) - 1 is var at && at > minute - Minutes && at <= minute)
            {
                total += Interlocked.Read(ref bucket.Total);
                covered += Interlocked.Read(ref bucket.Covered);
            }
        }

        return new CoverageReading(total, Math.Min(covered, total));
    }

    // The minute is kept plus one, so that zero means: never used.
    private struct Bucket
    {
        public long Minute;
        public long Total;
        public long Covered;
    }
}

/// <summary>Requests of the last hour, and those that could have been answered.</summary>
internal readonly record struct CoverageReading(long Requests, long Covered)
{
    /// <summary>From 0 to 1; null: there was no request.</summary>
    public double? Ratio => Requests == 0 ? null : (double)Covered / Requests;
}
