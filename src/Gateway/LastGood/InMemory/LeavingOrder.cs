using System.Collections.Concurrent;

namespace Gateway.LastGood.InMemory;

/// <summary>
/// The order in which responses leave a full memory: a queue of slots with one mark each, which a use sets and a pass takes away (CLOCK).
/// </summary>
internal sealed class LeavingOrder
{
    private readonly ConcurrentQueue<MemorySlot> _slots = new();
    private long _gone;
    private int _sweeping;

    /// <summary>Slots in the queue, those that were evicted by their key included.</summary>
    public int Count => _slots.Count;

    /// <summary>A slot that is new.</summary>
    public void Add(MemorySlot slot) => _slots.Enqueue(slot);

    /// <summary>One pass: looks at the slot that has stood longest.</summary>
    /// <param name="leaving">The slot to remove, then to confirm by <see cref="HasLeft"/>; null: this pass found none, but the next one
    /// may.</param>
    /// <returns>False: the queue is empty.</returns>
    public bool TryPass(out MemorySlot? leaving)
    {
        leaving = null;
        if (!_slots.TryDequeue(out var oldest))
        {
            return false;
        }

        if (oldest.Content is null or { IsRemoved: true })
        {
            Interlocked.Decrement(ref _gone);
        }
        else if (oldest.TakeMark())
        {
            _slots.Enqueue(oldest);
        }
        else
        {
            leaving = oldest;
        }

        return true;
    }

    /// <summary>The slot of the last pass is removed: it was counted as standing in the queue, and does not any more.</summary>
    public void HasLeft() => Interlocked.Decrement(ref _gone);

    /// <summary>
    /// A slot was removed by its key and still stands in the queue, empty. Once such slots are the majority one thread takes them out.
    /// </summary>
    /// <param name="entries">Slots that hold something.</param>
    public void WasRemoved(long entries)
    {
        if (Interlocked.Increment(ref _gone) <= entries + 1024 || Interlocked.Exchange(ref _sweeping, 1) == 1)
        {
            return;
        }

        for (var i = _slots.Count; i > 0 && _slots.TryDequeue(out var slot); i--)
        {
            if (slot.Content is null or { IsRemoved: true })
            {
                Interlocked.Decrement(ref _gone);
            }
            else
            {
                _slots.Enqueue(slot);
            }
        }

        Volatile.Write(ref _sweeping, 0);
    }
}
