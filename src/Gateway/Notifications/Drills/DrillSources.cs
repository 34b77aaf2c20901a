using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Fleet;

namespace Gateway.Notifications.Drills;

/// <summary>What scheduled drills ask of the other rooms. Reading delegates return at once.</summary>
internal sealed record DrillSources
{
    /// <summary>The configuration in force.</summary>
    public required Func<GatewayConfig> Config { get; init; }

    /// <summary>The clusters as they are.</summary>
    public required Func<IReadOnlyList<ClusterView>> Clusters { get; init; }

    /// <summary>A route's requests so far.</summary>
    public required Func<string, RequestCount> Route { get; init; }

    /// <summary>Whether a cluster with this objective has error budget left; null: the ledger cannot be read.</summary>
    public required Func<string, double, CancellationToken, Task<bool?>> HasBudget { get; init; }

    /// <summary>Carries out a command as an operator's is, here and at the other gateways.</summary>
    public required Func<Command, CancellationToken, Task<CommandResult>> Command { get; init; }

    /// <summary>The other gateways; null: none by the configuration.</summary>
    public Func<FleetView>? Fleet { get; init; }

    /// <summary>A cluster's objective, 0 to 1.</summary>
    public double SloOf(string cluster) =>
        Config().Clusters.FirstOrDefault(one => string.Equals(one.Name, cluster, StringComparison.Ordinal))?.Slo ?? 1;

    /// <summary>A cluster as it is; null: it left the configuration.</summary>
    public ClusterView? Find(string cluster) =>
        Clusters().FirstOrDefault(one => string.Equals(one.Name, cluster, StringComparison.Ordinal));
}
