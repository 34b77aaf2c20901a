using Gateway.Health;

namespace Gateway.Failover;

/// <summary>One service at run time. The object survives reloads by its name. Everything but <see cref="Latency"/> is written by the failover loop alone.</summary>
internal sealed class Cluster(string name, ClusterSnapshot snapshot)
{
    private ClusterSnapshot _snapshot = snapshot;
    private long _hedgeDelay;
    private long _lateAfter = TimeSpan.FromMilliseconds(500).Ticks;

    /// <summary>The key under <c>clusters</c>.</summary>
    public string Name => name;

    /// <summary>What holds now. Read it once a request.</summary>
    public ClusterSnapshot Snapshot
    {
        get => Volatile.Read(ref _snapshot);
        internal set => Volatile.Write(ref _snapshot, value);
    }

    /// <summary>Give it the time to the first byte of every good answer, those of lingering attempts included.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>How long a first answer may take before a second attempt starts; null while fewer than 50 answers are known. From 20 ms to <c>timeouts.firstByte</c>.</summary>
    public TimeSpan? HedgeDelay
    {
        get
        {
            var ticks = Volatile.Read(ref _hedgeDelay);
            return ticks > 0 ? new TimeSpan(ticks) : null;
        }

        internal set => Volatile.Write(ref _hedgeDelay, value?.Ticks ?? 0);
    }

    /// <summary>
    /// From when lateness is a failure and not mere slowness: a lingering attempt is cut at this age, and an answer slower than this is told as Late, not as a success.
    /// From 250 ms to <c>timeouts.firstByte</c>.
    /// </summary>
    public TimeSpan LateAfter
    {
        get => new(Volatile.Read(ref _lateAfter));
        internal set => Volatile.Write(ref _lateAfter, value.Ticks);
    }
}
