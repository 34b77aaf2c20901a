namespace Gateway.Observability.History;

/// <summary>One thing that happened, in words that an operator reads at three in the morning.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What: <c>transition</c>, <c>hold</c>, <c>release</c>, <c>drain</c>, <c>ready</c>, <c>reload</c>,
/// <c>config-rejected</c>, <c>purge</c>, <c>incident</c>, <c>mirror</c>, <c>start</c>, <c>stop</c>.</param>
/// <param name="Text">The evidence or the result, a sentence.</param>
internal sealed record JournalEntry(DateTimeOffset At, string Kind, string Text)
{
    /// <summary>Its number, growing; 0 until it was told.</summary>
    public long Id { get; init; }

    /// <summary>The cluster it is about; null: all of them.</summary>
    public string? Cluster { get; init; }

    /// <summary>The tier that served before a transition; null: none could, or it is no transition.</summary>
    public string? From { get; init; }

    /// <summary>The tier that serves after a transition, or what a verb was about.</summary>
    public string? To { get; init; }

    /// <summary>One word of a closed set for a transition; what the operator gave for a verb.</summary>
    public string? Reason { get; init; }

    /// <summary>The operator's name or address; null: the gateway itself.</summary>
    public string? Who { get; init; }
}

/// <summary>
/// What happened, newest first: the last 500 entries in memory, all of the last 90 days in the state folder (<see cref="Records"/>).
/// Telling it never waits.
/// </summary>
/// <param name="firstId">The number before the first one given out: time based, so that numbers grow over restarts too.</param>
internal sealed class Journal(long firstId)
{
    private const int Kept = 500;
    private const int MaxUnwritten = 2000;

    private readonly Lock _gate = new();
    private readonly Queue<JournalEntry> _recent = new(Kept);
    private readonly Queue<JournalEntry> _unwritten = new();
    private Action[] _listeners = [];
    private long _lastId = firstId;
    private long _dropped;

    /// <summary>Entries that never reached the disk because it refused for too long.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Tells what happened. Safe from any thread; takes microseconds.</summary>
    public void Append(JournalEntry entry)
    {
        lock (_gate)
        {
            var numbered = entry with { Id = ++_lastId };
            Add_NeedsLock(_recent, numbered, Kept);
            if (Add_NeedsLock(_unwritten, numbered, MaxUnwritten))
            {
                _dropped++;
            }
        }

        foreach (var listener in Volatile.Read(ref _listeners))
        {
            listener();
        }
    }

    /// <summary>The newest entries, newest first.</summary>
    public IReadOnlyList<JournalEntry> Recent(int count)
    {
        lock (_gate)
        {
            return [.. _recent.Reverse().Take(count)];
        }
    }

    /// <summary>Calls <paramref name="listener"/> after each entry, until what is returned is disposed. It must not wait.</summary>
    public IDisposable Listen(Action listener)
    {
        lock (_gate)
        {
            Volatile.Write(ref _listeners, [.. _listeners, listener]);
        }

        return new Listening(this, listener);
    }

    /// <summary>Puts in front what an earlier run wrote.</summary>
    internal void Remember(IEnumerable<JournalEntry> oldestFirst)
    {
        lock (_gate)
        {
            JournalEntry[] own = [.. _recent];
            _recent.Clear();
            foreach (var entry in oldestFirst.Concat(own))
            {
                Add_NeedsLock(_recent, entry, Kept);
            }
        }
    }

    /// <summary>What has to be written; it stays until <see cref="Written"/>.</summary>
    internal IReadOnlyList<JournalEntry> Unwritten()
    {
        lock (_gate)
        {
            return [.. _unwritten];
        }
    }

    /// <summary>The file is another one: what is in memory has to be written once more.</summary>
    internal void WriteAgain()
    {
        lock (_gate)
        {
            JournalEntry[] all = [.. _unwritten.Concat(_recent).DistinctBy(static entry => entry.Id).OrderBy(static entry => entry.Id)];
            _unwritten.Clear();
            foreach (var entry in all)
            {
                Add_NeedsLock(_unwritten, entry, MaxUnwritten);
            }
        }
    }

    /// <summary>Some entry is not on disk yet.</summary>
    internal bool HasUnwritten
    {
        get
        {
            lock (_gate)
            {
                return _unwritten.Count > 0;
            }
        }
    }

    /// <summary>All up to this number are on disk.</summary>
    internal void Written(long lastId)
    {
        lock (_gate)
        {
            while (_unwritten.TryPeek(out var entry) && entry.Id <= lastId)
            {
                _unwritten.Dequeue();
            }
        }
    }

    private static bool Add_NeedsLock(Queue<JournalEntry> queue, JournalEntry entry, int max)
    {
        var full = queue.Count >= max;
        if (full)
        {
            queue.Dequeue();
        }

        queue.Enqueue(entry);
        return full;
    }

    private void Remove(Action listener)
    {
        lock (_gate)
        {
            Volatile.Write(ref _listeners, [.. _listeners.Where(l => l != listener)]);
        }
    }

    private sealed class Listening(Journal journal, Action listener) : IDisposable
    {
        public void Dispose() => journal.Remove(listener);
    }
}
