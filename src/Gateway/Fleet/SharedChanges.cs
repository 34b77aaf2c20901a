using System.Collections.Immutable;
using Gateway.Consensus;

namespace Gateway.Fleet;

/// <summary>An agreed change to write, if what stands there is still what was read; empty: to delete.</summary>
internal readonly record struct ChangeWrite(string Cluster, byte[] Expected, byte[] Value, TimeSpan KeepFor);

/// <summary>What a round of agreed changes came to.</summary>
/// <param name="Guidance">For the failover loop, by cluster.</param>
/// <param name="IsProposed">An agreed change is to be written that others wait for.</param>
/// <param name="HasGarbage">Something in Redis is not of this kind.</param>
internal sealed record ChangeRound(ImmutableDictionary<string, FleetGuidance> Guidance, bool IsProposed, bool HasGarbage);

/// <summary>
/// The agreed changes that the gateways share: taken from Redis, decided, and restored when Redis lost them. Knows no clock and does no
/// I/O; only the fleet's loop touches it.
/// </summary>
/// <param name="epoch">The fleet's epoch.</param>
/// <param name="agreed">Told of every agreed change that is new here.</param>
internal sealed class SharedChanges(FleetEpoch epoch, Action<AgreedChange> agreed)
{
    private readonly Dictionary<string, KnownChange> _known = new(StringComparer.Ordinal);
    private readonly List<ChangeWrite> _writes = [];

    /// <summary>The last agreed change of each cluster.</summary>
    public ImmutableArray<AgreedChange> All => [.. _known.Values.Select(static known => known.Change)];

    /// <summary>What the next exchange writes.</summary>
    public IReadOnlyList<ChangeWrite> Writes => _writes;

    /// <summary>The exchange that wrote them is over.</summary>
    public void Written() => _writes.Clear();

    /// <summary>Takes what stands in Redis, and decides on every cluster.</summary>
    /// <param name="clusters">The clusters; what is known of others is forgotten.</param>
    /// <param name="values">What stands in Redis for each of them, and how long it stays.</param>
    /// <param name="votes">This gateway's votes.</param>
    /// <param name="gateways">All living gateways and their votes.</param>
    /// <param name="now">The loop's clock.</param>
    public ChangeRound Decide(
        IReadOnlyList<string> clusters,
        IReadOnlyList<(byte[] Value, TimeSpan Remaining)> values,
        ImmutableArray<ClusterVote> votes,
        ImmutableArray<GatewayView> gateways,
        TimeSpan now)
    {
        var guidance = ImmutableDictionary.CreateBuilder<string, FleetGuidance>(StringComparer.Ordinal);
        var (isProposed, hasGarbage) = (false, false);
        var others = FleetMembers.VotersOf(gateways);
        for (var i = 0; i < clusters.Count; i++)
        {
            var cluster = clusters[i];
            var (value, remaining) = values[i];
            hasGarbage |= !Take(cluster, value, remaining, now);
            bool IsOfCluster(ClusterVote vote) => string.Equals(vote.Cluster, cluster, StringComparison.Ordinal);
            if (votes.FirstOrDefault(IsOfCluster) is not { } mine)
            {
                continue;
            }

            var decided = Decide(mine, [.. others.SelectMany(static g => g.Clusters).Where(IsOfCluster)], value, now);
            isProposed |= decided.IsProposed;
            if (decided.Guidance is { } given)
            {
                guidance[cluster] = given;
            }
        }

        foreach (var gone in _known.Keys.Except(clusters, StringComparer.Ordinal).ToArray())
        {
            _known.Remove(gone);
        }

        return new ChangeRound(guidance.ToImmutable(), isProposed, hasGarbage);
    }

    // Takes what stands in Redis for a cluster, or plans to write it if it was lost. False: what stands there is not of this kind.
    private bool Take(string cluster, byte[] value, TimeSpan remaining, TimeSpan now)
    {
        var stored = value.Length > 0
            && FleetPayload.Decode<AgreedChange>(value) is { Epoch: > 0 and <= FleetPayload.MaxEpoch, From: not null, To: not null } sound
            && Enum.IsDefined(sound.Kind)
            && string.Equals(sound.Cluster, cluster, StringComparison.Ordinal)
            ? sound
            : null;
        epoch.See(stored?.Epoch ?? 0);
        var before = _known.GetValueOrDefault(cluster);
        var (known, restoreFor) = KnownChange.Take(before, stored, remaining, now);
        if (known is null)
        {
            _known.Remove(cluster);
        }
        else
        {
            _known[cluster] = known;
        }

        if (restoreFor is { } left)
        {
            _writes.Add(new(cluster, value, FleetPayload.Encode(known!.Change), left));
        }
        else if (known is not null && known != before)
        {
            agreed(known.Change);
        }
        else if (stored is null && before is null && value.Length > 0)
        {
            _writes.Add(new(cluster, value, [], TimeSpan.Zero));
        }

        return stored is not null || value.Length == 0;
    }

    private (FleetGuidance? Guidance, bool IsProposed) Decide(
        ClusterVote mine,
        IReadOnlyList<ClusterVote> others,
        byte[] value,
        TimeSpan now)
    {
        var known = _known.GetValueOrDefault(mine.Cluster);
        var decision = QuorumRule.Decide(new FleetCase(mine, others, known?.Change, known is null ? TimeSpan.Zero : now - known.Since));
        if (decision.Kind is { } kind)
        {
            var change = new AgreedChange(epoch.Next(), mine.Cluster, kind, decision.From, decision.To);
            _writes.RemoveAll(write => string.Equals(write.Cluster, mine.Cluster, StringComparison.Ordinal));
            _writes.Add(new(mine.Cluster, value, FleetPayload.Encode(change), KnownChange.Keep));
        }

        return (decision.Guidance, decision.Kind is not null);
    }
}
