using Gateway.LastGood.InMemory;

namespace Gateway.LastGood.Stores;

/// <summary>
/// Writes to the store behind what memory holds when the turn of a change comes; what the store does not take is owed. Used by one task.
/// </summary>
internal sealed class BackingWriter(ILastGoodStore backing, LastGoodMemory memory, OwedChanges owed, TimeProvider time)
{
    /// <summary>Changes of one write at most.</summary>
    public const int BatchSize = 128;

    // What is looked for comes back whole, and each look has one deadline.
    private const int LookSize = 16;

    private readonly List<BackingChange> _batch = new(BatchSize);

    /// <summary>Adds a change to the batch, as memory holds it now.</summary>
    public void Add(BackingChange change)
    {
        if (Resolve(change) is { } resolved)
        {
            _batch.Add(resolved);
        }
    }

    /// <summary>Writes the batch, which is empty afterwards.</summary>
    public async Task WriteBatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_batch.Count > 0)
            {
                await WriteOrOweAsync(_batch, cancellationToken);
            }
        }
        finally
        {
            _batch.Clear();
        }
    }

    /// <summary>Writes what is owed.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (owed.TakeEverything())
        {
            await WriteOrOweAsync([new BackingChange(ChangeKind.Purge, "", ClockReading.Of(time).UnixMs)], cancellationToken);
            await WriteEverythingAsync(cancellationToken);
        }

        if (owed.Take() is { Count: > 0 } changes)
        {
            await WriteOrOweAsync(changes, cancellationToken);
        }
    }

    /// <summary>
    /// Writes all that memory holds; to a store that gateways share only what is newer than what another one has put there meanwhile.
    /// </summary>
    public async Task WriteEverythingAsync(CancellationToken cancellationToken)
    {
        foreach (var chunk in memory.All.Chunk(backing.IsShared ? LookSize : BatchSize))
        {
            IReadOnlyList<StoredResponse> there = backing.IsShared
                ? await backing.LookAsync([.. chunk.Select(static stored => stored.Key)], cancellationToken)
                : [];
            var known = there.ToDictionary(static stored => stored.Key, static stored => stored.BeganUnixMs, StringComparer.Ordinal);
            var changes = new List<BackingChange>(chunk.Length);
            foreach (var stored in chunk)
            {
                if (!(known.TryGetValue(stored.Key, out var began) && began >= stored.BeganUnixMs)
                    && Resolve(new BackingChange(ChangeKind.Put, stored.Key, stored.BeganUnixMs)) is { } resolved)
                {
                    changes.Add(resolved);
                }
            }

            await backing.WriteAsync(changes, cancellationToken);
        }
    }

    private async Task WriteOrOweAsync(List<BackingChange> changes, CancellationToken cancellationToken)
    {
        try
        {
            await backing.WriteAsync(changes, cancellationToken);
        }
        catch (Exception)
        {
            changes.ForEach(owed.Add);
            throw;
        }
    }

    private BackingChange? Resolve(BackingChange change)
    {
        if (change.Kind != ChangeKind.Put)
        {
            return change;
        }

        // Gone from memory meanwhile: evicted (its eviction stands in the queue behind), or it had to make room.
        return memory.Peek(change.Text)?.Live is { } content && content.Response.Body.Length <= backing.MaxRecord
            ? change with { Response = content.Response }
            : null;
    }
}
