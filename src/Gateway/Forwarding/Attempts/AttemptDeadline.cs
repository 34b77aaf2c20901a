namespace Gateway.Forwarding.Attempts;

/// <summary>
/// When an attempt is out of time. The time is the destination's: it stands still while the client keeps the destination waiting. A struct,
/// so that it costs no object: it belongs to one attempt.
/// </summary>
internal struct AttemptDeadline
{
    private readonly CompiledRoute _plan;
    private readonly bool _mayGrow;
    private TimeSpan _firstByte;
    private long _at;
    private bool _awaitsClient;

    /// <param name="plan">The route's plan.</param>
    /// <param name="isWrite">The request may change something: it may take <c>timeouts.firstByteWrites</c>.</param>
    /// <param name="isOnly">The request is not tried elsewhere.</param>
    /// <param name="now">When the attempt begins.</param>
    public AttemptDeadline(CompiledRoute plan, bool isWrite, bool isOnly, long now)
    {
        _plan = plan;
        _mayGrow = isWrite && plan.Route.Stream is null;
        // A write that can be retried waits as long as a read at first, see TryGrow; one that cannot has nothing to gain by giving up
        // early.
        _firstByte = plan.Route.Stream is { } stream ? stream.FirstContent
            : isWrite && isOnly ? plan.ClusterConfig.Timeouts.FirstByteWrites
            : plan.ClusterConfig.Timeouts.FirstByte;
        _at = FirstByteFrom(now);
    }

    /// <summary>
    /// When it is out of time, or has to be asked again: a client that begins to send again begins the destination's time anew.
    /// </summary>
    public long At
    {
        get
        {
            var at = Volatile.Read(ref _at);
            return AwaitsClient ? Math.Min(at, FirstByteFromNow()) : at;
        }
    }

    /// <summary>The request goes no further before the client sends more of it.</summary>
    public bool AwaitsClient => Volatile.Read(ref _awaitsClient);

    /// <summary>The attempt ends by itself from here.</summary>
    public void Lift() => Volatile.Write(ref _at, long.MaxValue);

    /// <summary>So long from now.</summary>
    public void Extend(TimeSpan time) => Volatile.Write(ref _at, FromNow(time));

    /// <summary>A write out of its time takes more of <c>timeouts.firstByteWrites</c>; false: it had all of it.</summary>
    public bool TryGrow()
    {
        var times = _plan.ClusterConfig.Timeouts;
        if (!_mayGrow || _firstByte >= times.FirstByteWrites)
        {
            return false;
        }

        var longer = _firstByte + times.FirstByte;
        var more = (longer < times.FirstByteWrites ? longer : times.FirstByteWrites) - _firstByte;
        _firstByte += more;
        Volatile.Write(ref _at, Volatile.Read(ref _at) + _plan.Traffic.ToTimestamp(more));
        return true;
    }

    /// <summary>The client keeps the destination waiting.</summary>
    /// <param name="maySilent">It may be silent for <c>timeouts.idle</c>.</param>
    public void AwaitClient(bool maySilent)
    {
        Volatile.Write(ref _at, maySilent ? FromNow(_plan.ClusterConfig.Timeouts.Idle) : FirstByteFromNow());
        Volatile.Write(ref _awaitsClient, true);
    }

    /// <summary>The client sent more: from here on it is the destination that has to respond.</summary>
    public void ClientCame()
    {
        Volatile.Write(ref _at, FirstByteFromNow());
        Volatile.Write(ref _awaitsClient, false);
    }

    private readonly long FromNow(TimeSpan time) => _plan.Traffic.Time.GetTimestamp() + _plan.Traffic.ToTimestamp(time);

    private readonly long FirstByteFromNow() => FirstByteFrom(_plan.Traffic.Time.GetTimestamp());

    private readonly long FirstByteFrom(long now) => now + _plan.Traffic.ToTimestamp(_firstByte);
}
