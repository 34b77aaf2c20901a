using Gateway.LastGood.Policy;
using Gateway.Observability.Metrics;

namespace Gateway.LastGood.Stores;

/// <summary>
/// Records of a shared store on their way in and out: sealed for their name, and counted when they are not what they should be.
/// </summary>
/// <param name="seal">Signs the records; null: they are not signed, and the store is trusted.</param>
/// <param name="instruments">Counts records that were not used; null: nothing does.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SignedRecords(RecordSeal? seal, Instruments? instruments, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger;
    private long _corrupt;
    private long _unsigned;
    private long _warnedAt = long.MinValue;

    /// <summary>Records that could not be read.</summary>
    public long CorruptTotal => Interlocked.Read(ref _corrupt);

    /// <summary>Records without a valid signature, which were not used.</summary>
    public long UnsignedTotal => Interlocked.Read(ref _unsigned);

    /// <summary>A record was not what its name said.</summary>
    public void CountCorrupt() => Interlocked.Increment(ref _corrupt);

    /// <summary>The bytes to write under this name.</summary>
    public byte[] Seal(string name, byte[] record) => seal?.Seal(name, record) ?? record;

    /// <summary>The response in the bytes that stood under this name; null: there is none that may be used.</summary>
    public StoredResponse? Decode(string name, byte[]? value)
    {
        if (value is null)
        {
            return null;
        }

        if (seal is not null && !seal.TryOpen(name, value, out value))
        {
            CountUnsigned();
            return null;
        }

        if (LastGoodRecord.TryDecode(value, ClockReading.Of(time), out var stored))
        {
            return stored;
        }

        CountCorrupt();
        return null;
    }

    private void CountUnsigned()
    {
        Interlocked.Increment(ref _unsigned);
        instruments?.LastGoodRefused(StorageRules.Labels[StoreRejection.Signature]);

        // Once a minute: a foreign writer must not fill the log.
        var (now, warned) = (time.GetTimestamp(), Interlocked.Read(ref _warnedAt));
        if ((warned == long.MinValue || time.GetElapsedTime(warned, now) > WarnEvery)
            && Interlocked.CompareExchange(ref _warnedAt, now, warned) == warned)
        {
            FoundUnsigned(UnsignedTotal);
        }
    }

    [LoggerMessage(5032, LogLevel.Warning, "Redis holds last-good records without a valid signature; they are not served ({Count} so far). "
        + "Another secret wrote them, or something that is not a gateway: give every gateway the same \"redis.secret\".")]
    private partial void FoundUnsigned(long count);
}
