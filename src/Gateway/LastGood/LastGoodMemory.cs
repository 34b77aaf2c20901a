using System.Collections.Concurrent;

namespace Gateway.LastGood;

/// <summary>The responses in memory, under a cap in bytes; those not asked for longest leave first (second chance: CLOCK).</summary>
/// <remarks>
/// <para>No locks: a slot's content is one reference that is swapped, the order of leaving is a queue of slots with one mark each. A reader looks up and sets the mark.</para>
/// <para>Bytes are reserved before a response goes in, so the sum is never above the cap.</para>
/// </remarks>
internal sealed class LastGoodMemory
{
    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Slot>.AlternateLookup<ReadOnlySpan<char>> _byText;
    private readonly ConcurrentDictionary<string, PathGroup> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PathGroup>.AlternateLookup<ReadOnlySpan<char>> _groupByText;
    private readonly ConcurrentQueue<Slot> _order = new();
    private readonly Tombstones _keys = new();
    private readonly Tombstones _places = new();
    private readonly RecentPurges _purges = new();
    private readonly RouteTotals _routes = new();
    private readonly long _cap;
    private long _bytes;
    private long _entries;
    private long _gone;
    private int _sweeping;
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
                    yield return content.Answer;
                }
            }
        }
    }

    /// <summary>The slot of a key, marked as used; null: nothing is kept.</summary>
    public Slot? Find(ReadOnlySpan<char> key)
    {
        if (!_byText.TryGetValue(key, out var slot))
        {
            return null;
        }

        slot.Touch();
        return slot;
    }

    /// <summary>As <see cref="Find"/>, without the mark: for the house's own work, which says nothing of what users ask for.</summary>
    public Slot? Peek(ReadOnlySpan<char> key) => _byText.TryGetValue(key, out var slot) ? slot : null;

    /// <summary>Keeps a response, unless a newer one is kept, its key or path has been evicted since it began, or there is no room.</summary>
    public StoreRejection Put(StoredResponse answer)
    {
        if (IsOvertaken(answer))
        {
            return StoreRejection.Overtaken;
        }

        // 1. Room first.
        var cost = answer.Cost;
        if (!TryReserve(cost))
        {
            return StoreRejection.Busy;
        }

        // 2. The swap.
        var group = Enter(answer.Place);
        var content = new Content(answer, group, _routes.Of(answer.Route), cost);
        content.Total.Count(answer, cost, 1);
        while (true)
        {
            var slot = _slots.GetOrAdd(answer.Key, static key => new Slot(key));
            var seen = slot.Content;
            if (seen is { IsRemoved: true })
            {
                _slots.TryRemove(new KeyValuePair<string, Slot>(slot.Key, slot));
                continue;
            }

            if (seen is not null && seen.Answer.Began > answer.Began)
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
                _order.Enqueue(slot);
            }
            else
            {
                Interlocked.Decrement(ref _entries);
                Release(seen);
            }

            // 3. An eviction between 0 and 2 wrote its tombstone first: either it saw our slot, or we see its stone.
            if (IsOvertaken(answer))
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
            if (slot.Content is { IsRemoved: false } content && match(content.Answer) && Remove(slot))
            {
                purged.Add(content.Answer);
            }
        }

        return purged;
    }

    /// <summary>Whether a response's key or path was evicted after it began.</summary>
    public bool IsOvertaken(StoredResponse answer) =>
        _keys.Overtakes(answer.BaseKey, answer.Began)
        || (answer.FilledBy is { } exact && _keys.Overtakes(exact, answer.Began))
        || _places.Overtakes(answer.Place, answer.Began)
        || _purges.Overtakes(answer);

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
            if (passes++ > limit || !_order.TryDequeue(out var oldest))
            {
                return false;
            }

            if (oldest.Content is null or { IsRemoved: true })
            {
                Interlocked.Decrement(ref _gone);
            }
            else if (oldest.TakeMark())
            {
                _order.Enqueue(oldest);
            }
            else
            {
                // Removed by us or, in this moment, by someone else: it was counted as standing in the queue, and does not any more.
                Remove(oldest);
                Interlocked.Decrement(ref _gone);
            }
        }
    }

    private bool Remove(Slot slot)
    {
        var content = slot.Remove();
        _slots.TryRemove(new KeyValuePair<string, Slot>(slot.Key, slot));
        if (content is null or { IsRemoved: true })
        {
            return false;
        }

        Interlocked.Decrement(ref _entries);
        Interlocked.Increment(ref _gone);
        Release(content);
        SweepWhenDue();
        return true;
    }

    private void Release(Content content)
    {
        Interlocked.Add(ref _bytes, -content.Cost);
        content.Total.Count(content.Answer, content.Cost, -1);
        if (content.Group.Leave())
        {
            _groups.TryRemove(new KeyValuePair<string, PathGroup>(content.Group.Place, content.Group));
        }
    }

    // Slots that were evicted by their key still stand in the queue, empty. Once they are the majority one thread takes them out.
    private void SweepWhenDue()
    {
        if (Interlocked.Read(ref _gone) <= Entries + 1024 || Interlocked.Exchange(ref _sweeping, 1) == 1)
        {
            return;
        }

        for (var i = _order.Count; i > 0 && _order.TryDequeue(out var slot); i--)
        {
            if (slot.Content is null or { IsRemoved: true })
            {
                Interlocked.Decrement(ref _gone);
            }
            else
            {
                _order.Enqueue(slot);
            }
        }

        Volatile.Write(ref _sweeping, 0);
    }

    /// <summary>What a slot holds: a response, the path that it hangs on, the route's total that it counts in, and the bytes reserved for it.</summary>
    internal sealed record Content(StoredResponse Answer, PathGroup Group, RouteTotal Total, long Cost)
    {
        /// <summary>The end of a slot: it never holds anything again.</summary>
        public static readonly Content Removed = new(null!, null!, null!, 0);

        /// <summary>True: the slot has left.</summary>
        public bool IsRemoved => ReferenceEquals(this, Removed);
    }

    /// <summary>One key's place in memory.</summary>
    internal sealed class Slot(string key)
    {
        private Content? _content;
        private long _claimedAt = long.MinValue;
        private bool _used;

        /// <summary>The whole key.</summary>
        public string Key { get; } = key;

        /// <summary>What it holds; null: nothing yet.</summary>
        public Content? Content => Volatile.Read(ref _content);

        /// <summary>What it holds, if that may be served: not removed, not invalidated.</summary>
        public Content? Live => Content is { IsRemoved: false } content && content.Group.InvalidatedAt < content.Answer.Began ? content : null;

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
        public bool TrySwap(Content? seen, Content content) => Interlocked.CompareExchange(ref _content, content, seen) == seen;

        /// <summary>Ends the slot and hands out what it held.</summary>
        public Content? Remove() => Interlocked.Exchange(ref _content, Content.Removed);
    }
}
