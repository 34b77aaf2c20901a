using Gateway.LastGood.InMemory;
using Gateway.LastGood.Policy;

namespace Gateway.LastGood.Stores;

/// <summary>What one store behind has given to memory. Written by its task; any thread reads.</summary>
/// <param name="memory">What takes it.</param>
/// <param name="counters">The figures.</param>
internal sealed class ReadAheadState(LastGoodMemory memory, LastGoodCounters counters)
{
    private static readonly TimeSpan BeforeWithin = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasRead;
    private volatile bool _leftSome;
    private volatile bool _hasFound;

    /// <summary>Completes once the store was read, or could not be at first.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The store was read.</summary>
    public bool HasRead => _hasRead;

    /// <summary>The store may hold more than memory does.</summary>
    public bool MayHaveLeftSome => !_hasRead || _leftSome || memory.HasBeenFull;

    /// <summary>The store had something.</summary>
    public bool HasFound => _hasFound;

    /// <summary>It was read, or could not be.</summary>
    public void End(bool hasRead)
    {
        _hasRead |= hasRead;
        _ended.TrySetResult();
    }

    /// <summary>Reads a store; a copy only if the store that it is a copy of had nothing to give.</summary>
    /// <param name="backing">The store.</param>
    /// <param name="before">The store that this one is a copy of; null: there is none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="end">Ends it.</param>
    public async Task ReadAsync(ILastGoodStore backing, ReadAheadState? before, TimeProvider time, CancellationToken end)
    {
        if (before is not null)
        {
            // What the other one has is newer: it knows what other gateways took back. In an outage users cannot wait for it long.
            await before.Ended.WaitAsync(BeforeWithin, time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (before.HasFound)
            {
                _leftSome = true;
                return;
            }
        }

        await backing.ReadAheadAsync(Admit, end);
    }

    /// <summary>Takes a response; false: memory has no room. It stops short of a full memory: what traffic brings next must not push out
    /// what was just read.</summary>
    public bool Admit(StoredResponse stored)
    {
        _hasFound = true;
        if (memory.Bytes + stored.Cost > memory.Cap)
        {
            _leftSome = true;
            return false;
        }

        if (memory.Put(stored) == StoreRejection.None)
        {
            counters.CountReadAhead();
        }

        return true;
    }
}
