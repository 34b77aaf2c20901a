using System.Collections.Concurrent;

namespace Gateway.Admin;

/// <summary>Remembers who holds what until when, for eyes; that a hold is in force is the failover machine's to say.</summary>
internal sealed class Holds
{
    private readonly ConcurrentDictionary<string, HoldStatus> _holds = new(StringComparer.Ordinal);

    /// <summary>A hold was carried out.</summary>
    public void Set(string cluster, HoldStatus hold) => _holds[cluster] = hold;

    /// <summary>It was ended.</summary>
    public void Clear(string cluster) => _holds.TryRemove(cluster, out _);

    /// <summary>The hold of a cluster that has not run out; null: none known.</summary>
    public HoldStatus? Of(string cluster, DateTimeOffset now) => _holds.TryGetValue(cluster, out var hold) && hold.Until > now ? hold : null;
}
