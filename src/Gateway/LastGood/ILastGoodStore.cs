using Gateway.LastGood.Policy;

namespace Gateway.LastGood;

/// <summary>
/// A store behind memory. Used by one task only, except <see cref="LookAsync"/>; every call fails by an exception and never hangs.
/// </summary>
internal interface ILastGoodStore : IAsyncDisposable
{
    /// <summary>What operators read: "the store file", "Redis".</summary>
    string Name { get; }

    /// <summary>
    /// True: several gateways share it, so a request may look into it, and a write to a path must be told even if we keep nothing for it.
    /// </summary>
    bool IsShared { get; }

    /// <summary>True: it answers at the moment.</summary>
    bool IsUp { get; }

    /// <summary>Largest record that it takes, in bytes.</summary>
    int MaxRecord { get; }

    /// <summary>Corrupt, truncated and foreign records that were dropped.</summary>
    long CorruptTotal { get; }

    /// <summary>Opens or reconnects.</summary>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Hands over what is kept, newest first, until <paramref name="admit"/> has had enough.</summary>
    Task ReadAheadAsync(Func<StoredResponse, bool> admit, CancellationToken cancellationToken);

    /// <summary>Writes changes in their order.</summary>
    Task WriteAsync(IReadOnlyList<BackingChange> changes, CancellationToken cancellationToken);

    /// <summary>Looks for keys; only responses whose own key is the one asked for come back.</summary>
    Task<IReadOnlyList<StoredResponse>> LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);
}

/// <summary>One change to a store behind memory.</summary>
/// <param name="Kind">What changes.</param>
/// <param name="Text">The key, the base key, the place, the prefix, or the route's name.</param>
/// <param name="AtUnixMs">Only what began until then leaves.</param>
/// <param name="Response">The response to put.</param>
internal readonly record struct BackingChange(ChangeKind Kind, string Text, long AtUnixMs, StoredResponse? Response = null)
{
    /// <summary>The change that carries out a purge.</summary>
    public static BackingChange Of(PurgeRule rule, long atUnixMs) => new(
        rule.By switch
        {
            PurgeBy.Key => ChangeKind.PurgeKey,
            PurgeBy.Route => ChangeKind.PurgeRoute,
            _ => ChangeKind.Purge
        }, rule.Text, atUnixMs);

    /// <summary>The purge that this change carries out; null: it is none, or one of a single key.</summary>
    public PurgeRule? Search => Kind switch
    {
        ChangeKind.Purge => new PurgeRule(PurgeBy.Prefix, Text),
        ChangeKind.PurgeRoute => new PurgeRule(PurgeBy.Route, Text),
        _ => null,
    };
}

/// <summary>What changes in a store behind memory.</summary>
internal enum ChangeKind
{
    /// <summary>A response is kept.</summary>
    Put,

    /// <summary>A key leaves, all its variants included.</summary>
    Evict,

    /// <summary>Everything of a host and path leaves.</summary>
    Invalidate,

    /// <summary>Everything whose key or path begins with a text leaves.</summary>
    Purge,

    /// <summary>One whole key leaves, without its variants.</summary>
    PurgeKey,

    /// <summary>Everything of a route leaves.</summary>
    PurgeRoute,
}
