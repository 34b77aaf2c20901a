using Gateway.LastGood.Policy;
using Gateway.Observability.Metrics;

namespace Gateway.LastGood;

/// <summary>What has happened since the start, for <c>gateway_last_good_*</c>. Counted without locks.</summary>
internal sealed class LastGoodCounters(Instruments? instruments = null)
{
    private readonly long[] _refused = new long[Enum.GetValues<StoreRejection>().Length];
    private long _stored;
    private long _readAhead;
    private long _unwritten;
    private long _evicted;
    private long _invalidations;

    /// <summary>Responses that were kept (<c>gateway_last_good_stored_total</c>).</summary>
    public long Stored => Interlocked.Read(ref _stored);

    /// <summary>Answers that came from the store behind at start or in a look.</summary>
    public long ReadAhead => Interlocked.Read(ref _readAhead);

    /// <summary>Answers that the store behind did not get: the queue was full or the store was away.</summary>
    public long Unwritten => Interlocked.Read(ref _unwritten);

    /// <summary>Keys that left because the service took its response back.</summary>
    public long Evicted => Interlocked.Read(ref _evicted);

    /// <summary>Paths that a write invalidated.</summary>
    public long Invalidations => Interlocked.Read(ref _invalidations);

    /// <summary>
    /// Responses that were not kept, for one reason (<c>gateway_last_good_refused_total</c>); the labels are
    /// <see cref="StorageRules.Labels"/>.
    /// </summary>
    public long Refused(StoreRejection reason) => Interlocked.Read(ref _refused[(int)reason]);

    /// <summary>Counts.</summary>
    public void CountRefused(StoreRejection reason)
    {
        Interlocked.Increment(ref _refused[(int)reason]);
        instruments?.LastGoodRefused(StorageRules.Labels[reason]);
    }

    /// <summary>Counts.</summary>
    public void CountStored()
    {
        Interlocked.Increment(ref _stored);
        instruments?.LastGoodStored();
    }

    /// <summary>Counts.</summary>
    public void CountReadAhead() => Interlocked.Increment(ref _readAhead);

    /// <summary>Counts.</summary>
    public void CountUnwritten(long more = 1) => Interlocked.Add(ref _unwritten, more);

    /// <summary>Counts.</summary>
    public void CountEvicted() => Interlocked.Increment(ref _evicted);

    /// <summary>Counts.</summary>
    public void CountInvalidation() => Interlocked.Increment(ref _invalidations);
}
