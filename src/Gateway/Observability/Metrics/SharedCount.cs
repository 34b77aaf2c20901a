namespace Gateway.Observability.Metrics;

/// <summary>A count that any thread may increment.</summary>
internal sealed class SharedCount
{
    private long _value;

    /// <summary>The count.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>One more.</summary>
    public void Increment() => Interlocked.Increment(ref _value);
}
