using Gateway.Consensus;
using Gateway.Fleet;

namespace Gateway.Admin.Status;

/// <summary>The gateways that share a Redis, as this one hears them.</summary>
/// <param name="Agreeing">They hear one another now; false: this one decides alone.</param>
/// <param name="Epoch">Counts agreed changes and operators' orders; the highest that was seen.</param>
/// <param name="Gateways">Those that live, by name.</param>
/// <param name="Agreements">The last agreed change of each cluster.</param>
internal sealed record FleetStatus(
    bool Agreeing,
    long Epoch,
    IReadOnlyList<FleetGatewayStatus> Gateways,
    IReadOnlyList<AgreementStatus> Agreements)
{
    /// <summary>From what the fleet's loop publishes.</summary>
    public static FleetStatus Of(FleetView view) => new(
        view.Agreeing,
        view.Epoch,
        [.. view.Gateways.Select(static g => new FleetGatewayStatus(g.Name, g.Self, g.Version, g.Revision, [.. g.Clusters.Select(Of)]))],
        [
        .. view.Changes.Select(static v => new AgreementStatus(
            v.Cluster,
            v.Epoch,
            v.Kind == AgreedChangeKind.Failover ? "failover" : "failback",
            v.From,
            v.To))]);

    private static FleetClusterStatus Of(ClusterVote opinion) =>
        new(opinion.Cluster, opinion.Active, [.. opinion.Tiers.Where(static t => t.Down).Select(static t => t.Tier)]);
}

/// <summary>One living gateway; <paramref name="Self"/>: the one that was asked.</summary>
internal sealed record FleetGatewayStatus(
    string Name,
    bool Self,
    string Version,
    string Revision,
    IReadOnlyList<FleetClusterStatus> Clusters);

/// <summary>What a gateway serves of a cluster, and the tiers that cannot serve by its eyes.</summary>
internal sealed record FleetClusterStatus(string Name, string? Serving, IReadOnlyList<string> Down);

/// <summary>A change of tier that the gateways agreed on.</summary>
internal sealed record AgreementStatus(string Cluster, long Epoch, string Kind, string From, string To);
