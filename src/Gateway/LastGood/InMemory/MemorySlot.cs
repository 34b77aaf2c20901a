namespace Gateway.LastGood.InMemory;

/// <summary>One key's place in memory.</summary>
internal sealed class MemorySlot(string key)
{
    private SlotContent? _content;
    private long _claimedAt = long.MinValue;
    private bool _used;

    /// <summary>The whole key.</summary>
    public string Key { get; } = key;

    /// <summary>What it holds; null: nothing yet.</summary>
    public SlotContent? Content => Volatile.Read(ref _content);

    /// <summary>What it holds, if that may be served: not removed, not invalidated.</summary>
    public SlotContent? Live =>
        Content is { IsRemoved: false } content && content.Group.InvalidatedAt < content.Response.Began ? content : null;

    /// <summary>Claims the refresh of this key for one request at a time.</summary>
    public bool TryClaim(long now, long notBefore)
    {
        var claimed = Volatile.Read(ref _claimedAt);
        return claimed < notBefore && Interlocked.CompareExchange(ref _claimedAt, now, claimed) == claimed;
    }

    /// <summary>Lets the next request refresh.</summary>
    public void Unclaim() => Volatile.Write(ref _claimedAt, long.MinValue);

    /// <summary>Sets the mark of use; written only when it is not set, so that readers share the cache line.</summary>
    public void Touch()
    {
        if (!Volatile.Read(ref _used))
        {
            Volatile.Write(ref _used, true);
        }
    }

    /// <summary>Takes the mark of use away; true: it was set.</summary>
    public bool TakeMark()
    {
        var used = Volatile.Read(ref _used);
        Volatile.Write(ref _used, false);
        return used;
    }

    /// <summary>Swaps the content.</summary>
    public bool TrySwap(SlotContent? seen, SlotContent content) => Interlocked.CompareExchange(ref _content, content, seen) == seen;

    /// <summary>Ends the slot and hands out what it held.</summary>
    public SlotContent? Remove() => Interlocked.Exchange(ref _content, SlotContent.Removed);
}
