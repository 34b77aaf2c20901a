namespace Gateway.Failover;

/// <summary>Requests under way in one tier, over all routes; for <c>capacity</c> and <c>shedAt</c>. Survives reloads.</summary>
internal sealed class TierLoad
{
    private int _inFlight;
    private Action? _placeLeft;
    private AdaptiveLimit? _adaptive;

    /// <summary>Requests under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The limit of a tier of unknown size; null: its size is configured.</summary>
    public AdaptiveLimit? Adaptive
    {
        get => Volatile.Read(ref _adaptive);
        set => Volatile.Write(ref _adaptive, value);
    }

    /// <summary>Called each time a place is given back; null: no request ever waits for one.</summary>
    public Action? PlaceLeft
    {
        get => Volatile.Read(ref _placeLeft);
        set => Volatile.Write(ref _placeLeft, value);
    }

    /// <summary>Takes a place, limit or not.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>Gives the place back.</summary>
    public void Leave()
    {
        Interlocked.Decrement(ref _inFlight);
        PlaceLeft?.Invoke();
    }
}
