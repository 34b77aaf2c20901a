namespace Gateway.Observability.Metrics;

/// <summary>The figures of one cluster in traffic.</summary>
internal sealed class ClusterMeter(string cluster)
{
    private readonly long[] _skips = new long[Instruments.SkipNames.Length];
    private readonly long[] _hedges = new long[2];
    private readonly long[] _queued = new long[QueueFamilies.Names.Length];
    private long _waiting;
    private long _waitedTicks;

    /// <summary>The cluster's name.</summary>
    public string Cluster => cluster;

    /// <summary>A further attempt would have been right and was not made.</summary>
    public void Skipped(SkipReason reason) => Interlocked.Increment(ref _skips[(int)reason]);

    /// <summary>A hedge was decided: true when the second attempt gave the response.</summary>
    public void Hedged(bool won) => Interlocked.Increment(ref _hedges[won ? 1 : 0]);

    /// <summary>Skipped attempts of one reason.</summary>
    public long Skips(SkipReason reason) => Volatile.Read(ref _skips[(int)reason]);

    /// <summary>Hedges that were decided so.</summary>
    public long Hedges(bool won) => Volatile.Read(ref _hedges[won ? 1 : 0]);

    /// <summary>A request begins to wait for a place.</summary>
    public void QueueEntered() => Interlocked.Increment(ref _waiting);

    /// <summary>It waits no longer.</summary>
    public void QueueLeft(TimeSpan waited)
    {
        Interlocked.Decrement(ref _waiting);
        Interlocked.Add(ref _waitedTicks, waited.Ticks);
    }

    /// <summary>A request's wait ended so.</summary>
    public void Queued(QueueResult result) => Interlocked.Increment(ref _queued[(int)result]);

    /// <summary>Waits that ended so.</summary>
    public long QueuedSoFar(QueueResult result) => Volatile.Read(ref _queued[(int)result]);

    /// <summary>Requests that wait for a place.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>How long all of them waited, in seconds.</summary>
    public double WaitedSeconds => TimeSpan.FromTicks(Volatile.Read(ref _waitedTicks)).TotalSeconds;

    /// <summary>Some request has met the queue.</summary>
    public bool HasQueued => Waiting > 0 || _queued.Any(static count => count > 0);
}
