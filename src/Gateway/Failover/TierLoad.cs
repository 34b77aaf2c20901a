using Gateway.Failover.Comparison;

namespace Gateway.Failover;

/// <summary>Requests under way in one tier, over all routes; for <c>capacity</c> and <c>shedAt</c>. Survives reloads.</summary>
internal sealed class TierLoad
{
    private int _inFlight;
    private Action? _placeLeft;
    private AdaptiveLimit? _adaptive;
    private TierCounts? _counts;

    /// <summary>Requests under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The limit of a tier of unknown size; null: its size is configured.</summary>
    public AdaptiveLimit? Adaptive
    {
        get => Volatile.Read(ref _adaptive);
        set => Volatile.Write(ref _adaptive, value);
    }

    /// <summary>
    /// What its requests show while it is compared with another tier in a ramp; null: it is not. Written by the loop alone.
    /// </summary>
    public TierCounts? Counts
    {
        get => Volatile.Read(ref _counts);
        internal set => Volatile.Write(ref _counts, value);
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
