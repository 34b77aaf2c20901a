namespace Gateway.Failover;

/// <summary>Requests under way in one tier, over all routes; for <c>capacity</c> and <c>shedAt</c>. Survives reloads.</summary>
internal sealed class TierLoad
{
    private int _inFlight;

    /// <summary>Requests under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Takes a place if fewer than <paramref name="limit"/> are taken. Balance with <see cref="Leave"/>.</summary>
    public bool TryEnter(int limit)
    {
        if (Interlocked.Increment(ref _inFlight) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _inFlight);
        return false;
    }

    /// <summary>Takes a place, limit or not.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>Gives the place back.</summary>
    public void Leave() => Interlocked.Decrement(ref _inFlight);
}
