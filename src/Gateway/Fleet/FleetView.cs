using System.Collections.Immutable;
using Gateway.Consensus;
using Gateway.Fleet.Canaries;

namespace Gateway.Fleet;

/// <summary>The fleet for eyes. Immutable, of the last exchange.</summary>
/// <param name="Agreeing">The gateways hear one another now; false: this one decides alone.</param>
/// <param name="Epoch">The highest that was seen.</param>
/// <param name="Gateways">Those that live, by name; this one too.</param>
/// <param name="Changes">The last agreed change of each cluster.</param>
/// <param name="Warnings">Sentences for operators: revisions that differ, and the like.</param>
internal sealed record FleetView(
    bool Agreeing,
    long Epoch,
    ImmutableArray<GatewayView> Gateways,
    ImmutableArray<AgreedChange> Changes,
    ImmutableArray<string> Warnings)
{
    /// <summary>Counts this gateway's exchanges: one with a number higher by two began after this view was read.</summary>
    public long Exchange { get; init; }

    /// <summary>The other gateways that have another configuration, by their identities; none while this one decides alone.</summary>
    /// <param name="revision">What the gateways' configurations have in common of it.</param>
    public IReadOnlyDictionary<string, GatewayView> OthersThan(string? revision) => (Agreeing ? Gateways : [])
        .Where(gateway => !gateway.Self && !string.Equals(gateway.Revision, revision, StringComparison.Ordinal))
        .ToDictionary(static gateway => gateway.Id, StringComparer.Ordinal);
}

/// <summary>One living gateway.</summary>
/// <param name="Id">Drawn anew with each start.</param>
/// <param name="Name">Host and admin endpoint.</param>
/// <param name="Self">It is this one.</param>
/// <param name="Version">The program's.</param>
/// <param name="Revision">The beginning of the SHA-256 of what its configuration must have in common with others.</param>
/// <param name="Clusters">What it serves and holds of each cluster that this gateway knows too.</param>
internal sealed record GatewayView(
    string Id,
    string Name,
    bool Self,
    string Version,
    string Revision,
    ImmutableArray<ClusterVote> Clusters)
{
    /// <summary>The faults of runbooks that it sees.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>How its requests ended since its start.</summary>
    public CanaryCounts Outcomes { get; init; }

    /// <summary>The routes whose counts its canary asks of the others.</summary>
    public ImmutableArray<string> AskedRoutes { get; init; } = [];

    /// <summary>How requests of the routes ended that another gateway asked for.</summary>
    public ImmutableArray<RouteOutcome> Routes { get; init; } = [];

    /// <summary>Counts its signs of life: a higher one was made later.</summary>
    public long Beat { get; init; }
}
