namespace Gateway.Forwarding.Attempts;

/// <summary>
/// Where an attempt stands between the request that waits for it and the exchange that it carries out, which may end it at the same
/// moment: each step is one interlocked exchange, and only one of the two makes it. A struct, so that it costs no object: it belongs to
/// one attempt.
/// </summary>
internal struct AttemptLifecycle
{
    // It runs until it is settled, and is done once its outcome stands; out of time or abandoned, it is being ended; one that lingers
    // lost, and runs on only to show how late it is.
    private const int Running = 0;
    private const int Lingering = 1;
    private const int Done = 2;
    private const int TimedOut = 3;
    private const int Settled = 4;
    private const int Abandoned = 5;

    private int _state;
    private int _hasLeft;
    private int _hasCounted;

    /// <summary>Its outcome and its response stand.</summary>
    public bool IsDone => Volatile.Read(ref _state) == Done;

    /// <summary>It lost, and runs on.</summary>
    public bool IsLingering => Volatile.Read(ref _state) == Lingering;

    /// <summary>It is out of time.</summary>
    public bool IsTimedOut => Volatile.Read(ref _state) == TimedOut;

    /// <summary>It is out of time, unless its response is here already.</summary>
    public bool TryTimeOut() => Interlocked.CompareExchange(ref _state, TimedOut, Running) == Running;

    /// <summary>It lost and runs on, unless it is about to end.</summary>
    public bool TryLinger() => Interlocked.CompareExchange(ref _state, Lingering, Running) == Running;

    /// <summary>Its response is here; false: too late.</summary>
    public bool TrySettle() => Interlocked.CompareExchange(ref _state, Settled, Running) != TimedOut;

    /// <summary>It is abandoned; false: it ends by itself, or did so.</summary>
    public bool TryAbandon() => TryMoveTo(Abandoned, out _);

    /// <summary>Its outcome stands; false: no request waits for it any more.</summary>
    /// <param name="lingered">It lost before, and ran on.</param>
    public bool TryFinish(out bool lingered)
    {
        var isDone = TryMoveTo(Done, out var before);
        lingered = before == Lingering;
        return isDone;
    }

    /// <summary>True, once: its place is given back.</summary>
    public bool TryLeave() => Interlocked.Exchange(ref _hasLeft, 1) == 0;

    /// <summary>True, once: it is counted.</summary>
    public bool TryCount() => Interlocked.Exchange(ref _hasCounted, 1) == 0;

    private bool TryMoveTo(int state, out int before)
    {
        before = Volatile.Read(ref _state);
        while (before is Running or TimedOut or Settled)
        {
            var found = Interlocked.CompareExchange(ref _state, state, before);
            if (found == before)
            {
                return true;
            }

            before = found;
        }

        return false;
    }
}
