using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Notifications.Drills;

/// <summary>Keeps for each promise of each cluster when it was last proven. One thread at a time looks.</summary>
/// <param name="proofs">Where they are kept.</param>
internal sealed class ProofKeeper(KeptHistory<Proof> proofs)
{
    private readonly Dictionary<string, ProofWatch> _watches = new(StringComparer.Ordinal);
    private Dictionary<(string Cluster, Promise Promise), Proof>? _known;

    /// <summary>What is kept of the promises that these clusters make, in their order.</summary>
    public static IEnumerable<Proof> Of(IReadOnlyList<ClusterView> clusters, KeptHistory<Proof> proofs)
    {
        var known = ByPromise(proofs);
        foreach (var cluster in clusters)
        {
            foreach (var promise in ProofWatch.Of(cluster))
            {
                if (known.TryGetValue((cluster.Name, promise), out var proof))
                {
                    yield return proof;
                }
            }
        }
    }

    /// <summary>Looks at every cluster. Call it once a second.</summary>
    /// <param name="config">The configuration in force.</param>
    /// <param name="clusters">The clusters as they are.</param>
    /// <param name="counts">Their requests so far.</param>
    /// <param name="now">The time.</param>
    public void Look(
        GatewayConfig config,
        IReadOnlyList<ClusterView> clusters,
        IReadOnlyDictionary<string, RequestCount> counts,
        DateTimeOffset now)
    {
        if (_known is null && proofs.IsRead)
        {
            _known = ByPromise(proofs);
        }

        var objectives = config.Clusters.ToDictionary(static one => one.Name, static one => one.Slo, StringComparer.Ordinal);
        foreach (var cluster in clusters)
        {
            if (!_watches.TryGetValue(cluster.Name, out var watch))
            {
                _watches[cluster.Name] = watch = new ProofWatch();
            }

            var found = watch.Look(cluster, counts.GetValueOrDefault(cluster.Name), objectives.GetValueOrDefault(cluster.Name, 1), now);
            if (_known is not null)
            {
                Keep(_known, cluster, found, now);
            }
        }

        if (_watches.Count > clusters.Count)
        {
            foreach (var gone in _watches.Keys.Except(clusters.Select(static c => c.Name), StringComparer.Ordinal).ToArray())
            {
                _watches.Remove(gone);
            }
        }
    }

    private static Dictionary<(string Cluster, Promise Promise), Proof> ByPromise(KeptHistory<Proof> proofs)
    {
        var known = new Dictionary<(string, Promise), Proof>();
        foreach (var one in proofs.All)
        {
            known[(one.Cluster, one.Promise)] = one;
        }

        return known;
    }

    private void Keep(
        Dictionary<(string Cluster, Promise Promise), Proof> known,
        ClusterView cluster,
        IReadOnlyList<FoundProof> found,
        DateTimeOffset now)
    {
        foreach (var promise in ProofWatch.Of(cluster))
        {
            if (!known.ContainsKey((cluster.Name, promise)))
            {
                known[(cluster.Name, promise)] = proofs.Keep(new Proof(now, cluster.Name, promise));
            }
        }

        foreach (var one in found)
        {
            if (known.TryGetValue((cluster.Name, one.Promise), out var proof))
            {
                known[(cluster.Name, one.Promise)] = proofs.Keep(proof with
                {
                    ProvenAt = now,
                    Text = one.Text,
                });
            }
        }
    }
}
