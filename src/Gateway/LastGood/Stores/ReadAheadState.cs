using Gateway.LastGood.InMemory;
using Gateway.LastGood.Policy;

namespace Gateway.LastGood.Stores;

/// <summary>What one store behind has given to memory. Written by its task; any thread reads.</summary>
/// <param name="memory">What takes it.</param>
/// <param name="counters">The figures.</param>
internal sealed class ReadAheadState(LastGoodMemory memory, LastGoodCounters counters)
{
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

    /// <summary>Nothing is taken of this store.</summary>
    public void Skip() => _leftSome = true;

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
