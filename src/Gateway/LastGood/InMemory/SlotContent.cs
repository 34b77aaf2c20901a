using Gateway.LastGood.Keys;

namespace Gateway.LastGood.InMemory;

/// <summary>
/// What a slot holds: a response, the path that it hangs on, the route's total that it counts in, and the bytes reserved for it.
/// </summary>
internal sealed record SlotContent(StoredResponse Response, PathGroup Group, RouteTotal Total, long Cost)
{
    /// <summary>The end of a slot: it never holds anything again.</summary>
    public static readonly SlotContent Removed = new(null!, null!, null!, 0);

    /// <summary>True: the slot has left.</summary>
    public bool IsRemoved => ReferenceEquals(this, Removed);
}
