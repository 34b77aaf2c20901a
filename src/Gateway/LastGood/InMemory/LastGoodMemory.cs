using System.Collections.Concurrent;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;

namespace Gateway.LastGood.InMemory;

/// <summary>The responses in memory, under a cap in bytes; those not asked for longest leave first (second chance: CLOCK).</summary>
/// <remarks>
/// <para>No locks: a slot's content is one reference that is swapped, the order of leaving is a queue of slots with one mark each. A reader
/// looks up and sets the mark.</para>
/// <para>Bytes are reserved before a response goes in, so the sum is never above the cap.</para>
/// </remarks>
internal sealed class LastGoodMemory
{
    private readonly ConcurrentDictionary<string, MemorySlot> _slots = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MemorySlot>.AlternateLookup<ReadOnlySpan<char>> _byText;
    private readonly ConcurrentDictionary<string, PathGroup> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PathGroup>.AlternateLookup<ReadOnlySpan<char>> _groupByText;
    private readonly LeavingOrder _order = new();
    private readonly Tombstones _keys = new();
    private readonly Tombstones _places = new();
    private readonly RecentPurges _purges = new();
    private readonly RouteTotals _routes = new();
    private readonly long _cap;
    private long _bytes;
    private long _entries;
    private volatile bool _hasBeenFull;

    public LastGoodMemory(long cap)
    {
        _cap = cap;
        _byText = _slots.GetAlternateLookup<ReadOnlySpan<char>>();
        _groupByText = _groups.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Bytes in use, overhead included; at most the cap.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The cap.</summary>
    public long Cap => _cap;

    /// <summary>Answers and variant notes.</summary>
    public long Entries => Interlocked.Read(ref _entries);

    /// <summary>Answers of one route, and the bytes that they are counted for.</summary>
    public (long Entries, long Bytes) TotalsOf(string route) => _routes.Read(route);

    /// <summary>True: responses had to leave for want of room, so a store behind may hold more than memory does.</summary>
    public bool HasBeenFull => _hasBeenFull;

    /// <summary>Every live response, in no order.</summary>
    public IEnumerable<StoredResponse> All
    {
        get
        {
            foreach (var (_, slot) in _slots)
            {
                if (slot.Live is { } content)
                {
                    yield return content.Response;
                }
            }
        }
    }

    /// <summary>The slot of a key, marked as used; null: nothing is kept.</summary>
    public MemorySlot? Find(ReadOnlySpan<char> key)
    {
        if (!_byText.TryGetValue(key, out var slot))
        {
            return null;
        }

        slot.Touch();
        return slot;
    }

    /// <summary>As <see cref="Find"/>, without the mark: for the house's own work, which says nothing of what users ask for.</summary>
    public MemorySlot? Peek(ReadOnlySpan<char> key) => _byText.TryGetValue(key, out var slot) ? slot : null;

    /// <summary>
    /// Keeps a response, unless a newer one is kept, its key or path has been evicted since it began, or there is no room.
    /// </summary>
    public StoreRejection Put(StoredResponse stored)
    {
        if (IsOvertaken(stored))
        {
            return StoreRejection.Overtaken;
        }

        // 1. Room first.
        var cost = stored.Cost;
        if (!TryReserve(cost))
        {
            return StoreRejection.Busy;
        }

        // 2. The swap.
        var group = Enter(stored.Place);
        var content = new SlotContent(stored, group, _routes.Of(stored.Route), cost);
        content.Total.Count(stored, cost, 1);
        while (true)
        {
            var slot = _slots.GetOrAdd(stored.Key, static key => new MemorySlot(key));
            var seen = slot.Content;
            if (seen is { IsRemoved: true })
            {
                _slots.TryRemove(new KeyValuePair<string, MemorySlot>(slot.Key, slot));
                continue;
            }

            if (seen is not null && seen.Response.Began > stored.Began)
            {
                Release(content);
                return StoreRejection.Overtaken;
            }

            if (!slot.TrySwap(seen, content))
            {
                continue;
            }

            Interlocked.Increment(ref _entries);
            if (seen is null)
            {
                _order.Add(slot);
            }
            else
            {
                Interlocked.Decrement(ref _entries);
                Release(seen);
            }

            // 3. An eviction between 0 and 2 wrote its tombstone first: either it saw our slot, or we see its stone.
            if (IsOvertaken(stored))
            {
                Remove(slot);
                return StoreRejection.Overtaken;
            }

            return StoreRejection.None;
        }
    }

    /// <summary>Evicts a key, with what may just be on its way for it.</summary>
    /// <returns>True: something was kept.</returns>
    public bool Evict(ReadOnlySpan<char> key, long now)
    {
        _keys.Mark(key, now);
        return _byText.TryGetValue(key, out var slot) && Remove(slot);
    }

    /// <summary>Invalidates everything that is kept for a host and path.</summary>
    /// <returns>The path, if anything was kept for it.</returns>
    public string? Invalidate(ReadOnlySpan<char> place, long now)
    {
        _places.Mark(place, now);
        if (!_groupByText.TryGetValue(place, out var group))
        {
            return null;
        }

        group.Invalidate(now);
        return group.Place;
    }

    /// <summary>Evicts what a rule means, and what is on its way for it.</summary>
    public List<StoredResponse> Purge(PurgeRule rule, long now)
    {
        _purges.Add(rule, now);
        return RemoveWhere(rule.Matches);
    }

    /// <summary>Takes out every response, invalidated ones too, for which <paramref name="match"/> holds.</summary>
    public List<StoredResponse> RemoveWhere(Func<StoredResponse, bool> match)
    {
        var purged = new List<StoredResponse>();
        foreach (var (_, slot) in _slots)
        {
            if (slot.Content is { IsRemoved: false } content && match(content.Response) && Remove(slot))
            {
                purged.Add(content.Response);
            }
        }

        return purged;
    }

    /// <summary>Whether a response's key or path was evicted after it began.</summary>
    public bool IsOvertaken(StoredResponse stored) =>
        _keys.Overtakes(stored.BaseKey, stored.Began)
        || (stored.FilledBy is { } exact && _keys.Overtakes(exact, stored.Began))
        || _places.Overtakes(stored.Place, stored.Began)
        || _purges.Overtakes(stored);

    private PathGroup Enter(string place)
    {
        while (true)
        {
            var group = _groups.GetOrAdd(place, static p => new PathGroup(p));
            if (group.TryEnter())
            {
                return group;
            }

            _groups.TryRemove(new KeyValuePair<string, PathGroup>(place, group));
        }
    }

    private bool TryReserve(long cost)
    {
        if (cost > _cap)
        {
            return false;
        }

        var passes = 0L;
        var limit = (2L * _order.Count) + 16;
        while (true)
        {
            var bytes = Interlocked.Read(ref _bytes);
            if (bytes + cost <= _cap)
            {
                if (Interlocked.CompareExchange(ref _bytes, bytes + cost, bytes) == bytes)
                {
                    return true;
                }

                continue;
            }

            _hasBeenFull = true;

            // Each pass either removes a slot or takes its mark away; two rounds are enough, whatever else reserves meanwhile.
            if (passes++ > limit || !_order.TryPass(out var leaving))
            {
                return false;
            }

            if (leaving is not null)
            {
                // By us or, in this moment, by someone else.
                Remove(leaving);
                _order.HasLeft();
            }
        }
    }

    private bool Remove(MemorySlot slot)
    {
        var content = slot.Remove();
        _slots.TryRemove(new KeyValuePair<string, MemorySlot>(slot.Key, slot));
        if (content is null or { IsRemoved: true })
        {
            return false;
        }

        Interlocked.Decrement(ref _entries);
        Release(content);
        _order.WasRemoved(Entries);
        return true;
    }

    private void Release(SlotContent content)
    {
        Interlocked.Add(ref _bytes, -content.Cost);
        content.Total.Count(content.Response, content.Cost, -1);
        if (content.Group.Leave())
        {
            _groups.TryRemove(new KeyValuePair<string, PathGroup>(content.Group.Place, content.Group));
        }
    }
}
