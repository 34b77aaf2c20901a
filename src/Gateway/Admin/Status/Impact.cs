using System.Collections.Immutable;
using Gateway.Observability;
using Gateway.Observability.History;

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
