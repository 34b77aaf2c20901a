using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Notifications.Drills;

/// <summary>Keeps for each promise of each cluster when it was last proven. One thread at a time.</summary>
/// <param name="proofs">Where they are kept.</param>
internal sealed class ProofKeeper(KeptHistory<Proof> proofs)
{
    private readonly Dictionary<string, ProofWatch> _watches = new(StringComparer.Ordinal);

    /// <summary>Looks at every cluster. Call it once a second.</summary>
    public void Look(
        GatewayConfig config, IReadOnlyList<ClusterView> clusters, Func<string, RequestCount> countOf, DateTimeOffset now)
    {
        foreach (var cluster in clusters)
        {
            if (!_watches.TryGetValue(cluster.Name, out var watch))
            {
                _watches[cluster.Name] = watch = new ProofWatch();
            }

            var slo = config.Clusters.FirstOrDefault(c => string.Equals(c.Name, cluster.Name, StringComparison.Ordinal))?.Slo ?? 1;
            var found = watch.Look(cluster, countOf(cluster.Name), slo, now);
            if (proofs.IsRead)
            {
                Keep(cluster, found, now);
            }
        }

        foreach (var gone in _watches.Keys.Except(clusters.Select(static c => c.Name), StringComparer.Ordinal).ToArray())
        {
            _watches.Remove(gone);
        }
    }

    private void Keep(ClusterView cluster, IReadOnlyList<FoundProof> found, DateTimeOffset now)
    {
        Proof[] known = [.. proofs.All.Where(one => string.Equals(one.Cluster, cluster.Name, StringComparison.Ordinal))];
        foreach (var promise in ProofWatch.Of(cluster))
        {
            var proof = known.FirstOrDefault(one => one.Promise == promise) ?? proofs.Keep(new Proof(now, cluster.Name, promise));
            foreach (var one in found.Where(one => one.Promise == promise))
            {
                proof = proofs.Keep(proof with
                {
                    ProvenAt = now,
                    Text = one.Text,
                });
            }
        }
    }
}
