namespace SampleGuide;

/// <summary>
/// The fault in force, and whom it hits: every n-th by a counter, so that a share of 5 % is one in twenty and a drill can be repeated.
/// </summary>
internal sealed class FaultSwitch(Fault start)
{
    private Armed _armed = new(start);

    /// <summary>Whom users, probes and new connections counted separately: probes must not shift which user is hit.</summary>
    private sealed class Armed(Fault fault)
    {
        public readonly Fault Fault = fault;
        public long Requests;
        public long Probes;
        public long Connections;
    }

    public Fault Current
    {
        get => Volatile.Read(ref _armed).Fault;
        set => Volatile.Write(ref _armed, new Armed(value));
    }

    /// <summary>The fault that this request suffers, or null.</summary>
    public Fault? ForRequest(bool isHealth)
    {
        Armed armed = Volatile.Read(ref _armed);
        Fault fault = armed.Fault;
        if (fault.Mode is "none" || (isHealth ? fault.Health is "good" : fault.Health is "bad"))
        {
            return null;
        }

        long number = isHealth ? Interlocked.Increment(ref armed.Probes) : Interlocked.Increment(ref armed.Requests);
        return Hits(number, fault.Share) ? fault : null;
    }

    /// <summary>True: the new connection is to be reset before a request was read.</summary>
    public bool ForConnection()
    {
        Armed armed = Volatile.Read(ref _armed);
        return armed.Fault is { Mode: "reset", When: "accept" } && Hits(Interlocked.Increment(ref armed.Connections), armed.Fault.Share);
    }

    private static bool Hits(long number, double share)
    {
        const double Rounding = 1e-9;
        return (long)(number * share + Rounding) != (long)((number - 1) * share + Rounding);
    }
}
