using System.Collections.Immutable;
using Gateway.LastGood.InMemory;

namespace Gateway.LastGood.Stores;

/// <summary>
/// The stores behind memory: one, or a shared one with a second copy on disk. Each has a queue and a task of its own, so that one that is
/// away holds up no other. The copy is read only where the shared one has nothing to give, and then fills it again.
/// </summary>
internal sealed class StoresBehind : IAsyncDisposable
{
    private readonly ImmutableArray<WriteBehind> _stores;
    private readonly WriteBehind? _shared;

    /// <param name="backings">The first is read first.</param>
    /// <param name="memory">What answers.</param>
    /// <param name="counters">The figures.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public StoresBehind(
        IReadOnlyList<ILastGoodStore> backings,
        LastGoodMemory memory,
        LastGoodCounters counters,
        LastGoodOptions options,
        TimeProvider time,
        ILogger logger)
    {
        var stores = ImmutableArray.CreateBuilder<WriteBehind>(backings.Count);
        foreach (var backing in backings)
        {
            stores.Add(new WriteBehind(backing, memory, counters, options, time, logger, stores.Count > 0 ? stores[0] : null));
        }

        _stores = stores.MoveToImmutable();
        _shared = _stores.FirstOrDefault(static store => store.IsShared);
    }

    /// <summary>What is wrong, in a sentence for operators; null: nothing.</summary>
    public string? Alarm
    {
        get
        {
            var alarms = _stores.Select(AlarmOf).OfType<string>().ToArray();
            return alarms.Length == 0 ? null : string.Join(' ', alarms);
        }
    }

    /// <summary>Records dropped as corrupt.</summary>
    public long CorruptTotal => _stores.Sum(static store => store.CorruptTotal);

    /// <summary>Completes once all are read ahead, or could not be.</summary>
    public Task ReadAhead => Task.WhenAll(_stores.Select(static store => store.ReadAhead));

    /// <summary>All answer at the moment.</summary>
    public bool IsUp => _stores.All(static store => store.IsUp);

    /// <summary>A request may look into the shared one.</summary>
    public bool CanLook => _shared is { CanLook: true };

    /// <summary>Some may hold keys that memory does not.</summary>
    public bool KeepsMoreThanMemory
    {
        get
        {
            foreach (var store in _stores)
            {
                if (store.KeepsMoreThanMemory)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Starts their tasks.</summary>
    public void Start()
    {
        foreach (var store in _stores)
        {
            store.Start();
        }
    }

    /// <summary>Adds a change; never waits.</summary>
    public void Enqueue(BackingChange change)
    {
        foreach (var store in _stores)
        {
            store.Enqueue(change);
        }
    }

    /// <summary>Looks for keys in the shared one and takes what is found into memory.</summary>
    public Task LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        _shared?.LookAsync(keys, cancellationToken) ?? Task.CompletedTask;

    /// <summary>Waits until what was added so far is done or the stores are away.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_stores.Select(store => store.FlushAsync(cancellationToken)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }
    }

    private string? AlarmOf(WriteBehind store)
    {
        var other = _stores.FirstOrDefault(other => other != store && other is { Failure: null, HasEnded: false })?.Name;
        var kept = other is null ? "memory and would be lost by a restart" : $"memory and in {other}";
        return store.Failure is { } failure
            ? $"The store of last-good responses ({store.Name}) cannot be used: {failure}. Responses are kept in {kept}; it is tried again."
            : store.HasEnded
            ? $"The task that writes last-good responses to the store ({store.Name}) has ended. Responses are kept in {kept}."
            : null;
    }
}
