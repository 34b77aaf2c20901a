namespace Gateway.Observability.Metrics;

/// <summary>The figures of one destination in traffic.</summary>
internal sealed class DestinationMeter(string cluster, string destination)
{
    private readonly long[] _results = new long[Instruments.ResultNames.Length];

    /// <summary>The cluster's name.</summary>
    public string Cluster => cluster;

    /// <summary>The destination's name.</summary>
    public string Destination => destination;

    /// <summary>An attempt ended; call it once for each.</summary>
    public void Attempt(AttemptResult result) => Interlocked.Increment(ref _results[(int)result]);

    /// <summary>Attempts that ended so.</summary>
    public long Attempts(AttemptResult result) => Volatile.Read(ref _results[(int)result]);
}
