using System.Collections.Immutable;
using Gateway.Failover;
using Gateway.Fleet.Canaries;

namespace Gateway.Fleet;

/// <summary>What the fleet's loop asks and tells its own gateway. None of it may wait.</summary>
/// <param name="Name">For people: host and admin endpoint.</param>
/// <param name="Version">The program's.</param>
/// <param name="Revision">The beginning of the SHA-256 of what configurations must have in common: clusters, routes, levels.</param>
/// <param name="Obeyed">An order that was given elsewhere was carried out here, with this result.</param>
/// <param name="Purge">Forget last-good responses that were purged elsewhere.</param>
internal sealed record FleetSelf(
    Func<string> Name,
    string Version,
    Func<string> Revision,
    Action<Command, CommandResult> Obeyed,
    Action<string, string> Purge)
{
    /// <summary>The faults of runbooks that this gateway sees. Default: none.</summary>
    public Func<ImmutableArray<string>> Faults { get; init; } = static () => [];

    /// <summary>How this gateway's requests ended since its start. Default: it had none.</summary>
    public Func<CanaryCounts> Outcomes { get; init; } = static () => default;

    /// <summary>The routes whose counts this gateway's canary asks of the others. Default: none.</summary>
    public Func<ImmutableArray<string>> AskedRoutes { get; init; } = static () => [];

    /// <summary>How requests ended here of the routes that other gateways ask for. Default: it has none of them.</summary>
    public Func<ImmutableArray<string>, ImmutableArray<RouteOutcome>> RouteOutcomes { get; init; } = static _ => [];
}
