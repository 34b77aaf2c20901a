using System.Collections.Immutable;
using Gateway.Observability;

namespace Gateway.Admin.Status;

/// <summary>What users got while a cluster was disturbed.</summary>
/// <param name="Since">The begin of the count: ten seconds before the disturbance was noticed, or the start of the process.</param>
/// <param name="Until">The end of the disturbance; null: it goes on.</param>
/// <param name="Text">The same in one sentence.</param>
/// <param name="Routes">Each route of the cluster.</param>
internal sealed record Impact(DateTimeOffset Since, DateTimeOffset? Until, string Text, ImmutableArray<RouteImpact> Routes)
{
    /// <summary>Requests that got an error.</summary>
    public long Failed => Routes.Sum(static route => route.Failed);

    /// <summary>Requests that would have failed without the gateway, by what saved them.</summary>
    public SavedSums Saved { get; init; }
}

/// <summary>What the users of one route got.</summary>
/// <param name="Route">Its name.</param>
/// <param name="Live">Responses of a tier.</param>
/// <param name="Degraded">Responses of the fallback chain, the built-in one apart.</param>
/// <param name="Failed">Errors.</param>
/// <param name="Slow">How many of all these took longer than <see cref="ImpactWatch.SlowFrom"/>.</param>
internal readonly record struct RouteImpact(string Route, long Live, long Degraded, long Failed, long Slow)
{
    // A route that left the configuration and came back counts from zero again.
    public static RouteImpact operator -(RouteImpact a, RouteImpact b) =>
        b.Live > a.Live || b.Degraded > a.Degraded || b.Failed > a.Failed || b.Slow > a.Slow
        ? a
        : new(a.Route, a.Live - b.Live, a.Degraded - b.Degraded, a.Failed - b.Failed, a.Slow - b.Slow);
}
