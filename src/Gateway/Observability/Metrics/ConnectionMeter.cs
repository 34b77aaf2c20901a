namespace Gateway.Observability.Metrics;

/// <summary>The figures of users' connections, and the places that there are for them.</summary>
internal sealed class ConnectionMeter
{
    private long _open;
    private long _accepted;
    private long _refused;

    /// <summary>Connections that are open.</summary>
    public long Open => Volatile.Read(ref _open);

    /// <summary>Connections that had a place.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections that were closed at once, since there was no place.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a place for a connection. False: there is none, and the connection counts as refused.</summary>
    /// <param name="most">How many there may be.</param>
    public bool TryOpen(long most)
    {
        if (Interlocked.Increment(ref _open) > most)
        {
            Interlocked.Decrement(ref _open);
            Interlocked.Increment(ref _refused);
            return false;
        }

        Interlocked.Increment(ref _accepted);
        return true;
    }

    /// <summary>A connection that had a place was closed at once, since its client has too many.</summary>
    public void Refuse() => Interlocked.Increment(ref _refused);

    /// <summary>A connection that had a place ended.</summary>
    public void Close() => Interlocked.Decrement(ref _open);
}
