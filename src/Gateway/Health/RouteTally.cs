namespace Gateway.Health;

/// <summary>
/// Counts the successes of one route at one destination. It is all that the happy path tells Health: one increment.
/// The loop reads it when a failure arrives: if it moved since the last failure, the run of failures starts anew.
/// </summary>
internal sealed class RouteTally(string route)
{
    private long _successes;

    /// <summary>The route's name.</summary>
    public string Route => route;

    /// <summary>Successes since the start.</summary>
    public long Successes => Volatile.Read(ref _successes);

    /// <summary>An attempt succeeded in time.</summary>
    public void Success() => Interlocked.Increment(ref _successes);
}
