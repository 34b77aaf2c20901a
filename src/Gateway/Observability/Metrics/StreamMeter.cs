namespace Gateway.Observability.Metrics;

/// <summary>How an event stream ended for its user.</summary>
internal enum StreamEnd
{
    /// <summary>Whole: the destination ended it.</summary>
    Complete,

    /// <summary>It broke off, and could not go on elsewhere.</summary>
    Interrupted,

    /// <summary>The client disconnected.</summary>
    ClientAbort,

    /// <summary>The gateway stopped.</summary>
    Restarting,
}

/// <summary>The figures of all event streams that users have. Telling it never blocks or allocates.</summary>
internal sealed class StreamMeter
{
    private readonly long[] _ended = new long[Instruments.StreamEndNames.Length];
    private long _started;
    private long _resumed;

    /// <summary>From the request to the first event with data.</summary>
    public DurationCells FirstContent { get; } = new();

    /// <summary>The longest time in which a destination sent nothing, one of each stream that ended.</summary>
    public DurationCells LongestGap { get; } = new();

    /// <summary>Streams that users got.</summary>
    public long Started => Volatile.Read(ref _started);

    /// <summary>How often one went on at another destination.</summary>
    public long Resumed => Volatile.Read(ref _resumed);

    /// <summary>Streams that are open.</summary>
    public long Open
    {
        get
        {
            // The ends first: one that begins and ends between the two readings must not make it negative.
            var ended = 0L;
            for (var i = 0; i < _ended.Length; i++)
            {
                ended += Volatile.Read(ref _ended[i]);
            }

            return Math.Max(0, Started - ended);
        }
    }

    /// <summary>Streams that ended so.</summary>
    public long Ended(StreamEnd how) => Volatile.Read(ref _ended[(int)how]);

    /// <summary>A user got a stream.</summary>
    public void Begin() => Interlocked.Increment(ref _started);

    /// <summary>A stream went on at another destination.</summary>
    public void Resume() => Interlocked.Increment(ref _resumed);

    /// <summary>A stream ended; call it once for each that began.</summary>
    public void End(StreamEnd how, TimeSpan longestGap)
    {
        LongestGap.Add(longestGap);
        Interlocked.Increment(ref _ended[(int)how]);
    }
}
