using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>
/// The clusters of the configuration in force and their destinations. What did not change keeps its state through a reload. Only the
/// failover loop touches it; any thread may look up a cluster.
/// </summary>
internal sealed class ClusterTable(NameTable names, ClusterDecider decider, PendingTasks pending, LoopStep step, TimeProvider time)
{
    private readonly Dictionary<string, ClusterRuntime> _runtimes = new(StringComparer.Ordinal);
    private readonly Dictionary<Destination, (ClusterRuntime Cluster, DestinationWatch Watch)> _watches =
        new(ReferenceEqualityComparer.Instance);
    private FrozenDictionary<string, Cluster> _published = FrozenDictionary<string, Cluster>.Empty;

    /// <summary>All clusters.</summary>
    public Dictionary<string, ClusterRuntime>.ValueCollection All => _runtimes.Values;

    /// <summary>When time alone may next change something.</summary>
    public TimeSpan DueAt
    {
        get
        {
            var due = names.DueAt;
            foreach (var cluster in _runtimes.Values)
            {
                var next = cluster.DueAt;
                due = next < due ? next : due;
            }

            return due;
        }
    }

    /// <summary>All destinations.</summary>
    public Dictionary<Destination, (ClusterRuntime Cluster, DestinationWatch Watch)>.KeyCollection Destinations => _watches.Keys;

    /// <summary>The cluster at run time, for requests; null: there is none of that name.</summary>
    public Cluster? Published(string cluster) => Volatile.Read(ref _published).GetValueOrDefault(cluster);

    /// <summary>The cluster of a name; null: there is none.</summary>
    public ClusterRuntime? Find(string cluster) => _runtimes.GetValueOrDefault(cluster);

    /// <summary>A destination and its cluster; null: it is no longer in the configuration.</summary>
    public (ClusterRuntime Cluster, DestinationWatch Watch)? Find(Destination destination) =>
        _watches.TryGetValue(destination, out var entry) ? entry : null;

    /// <summary>Puts a configuration into force.</summary>
    public void Apply(GatewayConfig config, TimeSpan now) =>
        Apply(config.Clusters, config.Routes.Select(static route => route.Name).ToHashSet(StringComparer.Ordinal), now);

    /// <summary>Puts its clusters into force.</summary>
    /// <param name="configs">The clusters.</param>
    /// <param name="routes">The names of the routes.</param>
    /// <param name="now">The loop's clock.</param>
    public void Apply(ImmutableArray<ClusterConfig> configs, IReadOnlySet<string> routes, TimeSpan now)
    {
        // 1. The names that must be resolved.
        names.Use(configs
            .SelectMany(c => c.Tiers)
            .SelectMany(t => t.Destinations)
            .Where(d => d.Resolve)
            .Select(DestinationPlace.NameOf)
            .ToHashSet());

        // 2. Clusters that are new, changed or the same; what they no longer need is retired.
        foreach (var cluster in configs)
        {
            if (_runtimes.TryGetValue(cluster.Name, out var runtime))
            {
                Retire(runtime.Rebuild(cluster, names.EndpointsOf, time, now));
            }
            else
            {
                _runtimes[cluster.Name] = new ClusterRuntime(cluster, names.EndpointsOf, time, now);
            }
        }

        // 3. Clusters that left.
        foreach (var gone in _runtimes.Values.Where(r => !configs.Any(c => string.Equals(
            c.Name,
            r.Config.Name,
            StringComparison.Ordinal))).ToArray())
        {
            _runtimes.Remove(gone.Config.Name);
            Retire([.. gone.Watches]);
        }

        // 4. Published.
        IndexWatches();
        foreach (var runtime in _runtimes.Values)
        {
            runtime.Cluster.Retain(routes);
            decider.Evaluate(runtime, order: null, command: null, now);
        }

        Volatile.Write(ref _published, _runtimes.Values.ToFrozenDictionary(r => r.Config.Name, r => r.Cluster, StringComparer.Ordinal));
    }

    /// <summary>A name stands for other endpoints now.</summary>
    public void OnNameChanged(DnsName name, TimeSpan now)
    {
        foreach (var cluster in _runtimes.Values)
        {
            if (cluster.Config.Tiers.Any(t => t.Destinations.Any(d => d.Resolve && DestinationPlace.NameOf(d) == name)))
            {
                Retire(cluster.Rebuild(cluster.Config, names.EndpointsOf, time, now));
            }
        }

        IndexWatches();
    }

    /// <summary>Ends every watch.</summary>
    public void RetireAll()
    {
        Retire([.. _watches.Values.Select(static entry => entry.Watch)]);
        _watches.Clear();
    }

    private void IndexWatches()
    {
        _watches.Clear();
        foreach (var cluster in _runtimes.Values)
        {
            foreach (var watch in cluster.Watches)
            {
                step.Judge(watch.Destination);
                _watches[watch.Destination] = (cluster, watch);
            }
        }
    }

    private void Retire(IReadOnlyList<DestinationWatch> watches)
    {
        foreach (var watch in watches)
        {
            pending.Add(watch.RetireAsync());
        }
    }
}
