using System.Collections.Concurrent;

namespace Gateway.LastGood.Stores;

/// <summary>
/// Changes that the store behind has not taken. A put is only counted; an eviction must not be forgotten, or a restart would bring back
/// what the service took back.
/// </summary>
/// <param name="counters">Counts what is given up.</param>
/// <param name="isShared">Gateways share the store: it is never emptied for one of them, and what is kept there leaves with its
/// maxAge.</param>
internal sealed class OwedChanges(LastGoodCounters counters, bool isShared)
{
    private const int Most = 65_536;
    private readonly ConcurrentQueue<BackingChange> _changes = new();
    private int _count;
    private int _everything;

    /// <summary>A change was not written.</summary>
    public void Add(BackingChange change)
    {
        if (change.Kind == ChangeKind.Put)
        {
            counters.CountUnwritten();
            return;
        }

        if (Interlocked.Increment(ref _count) <= Most)
        {
            _changes.Enqueue(change);
            return;
        }

        Interlocked.Decrement(ref _count);
        if (isShared)
        {
            counters.CountUnwritten();
        }
        else
        {
            Volatile.Write(ref _everything, 1);
        }
    }

    /// <summary>
    /// True, once: too many evictions are owed to tell them apart, and the store has to begin anew with what memory holds.
    /// </summary>
    public bool TakeEverything() => Interlocked.Exchange(ref _everything, 0) == 1;

    /// <summary>Takes what is owed.</summary>
    public List<BackingChange> Take()
    {
        var owed = new List<BackingChange>();
        while (_changes.TryDequeue(out var change))
        {
            Interlocked.Decrement(ref _count);
            owed.Add(change);
        }

        return owed;
    }
}
