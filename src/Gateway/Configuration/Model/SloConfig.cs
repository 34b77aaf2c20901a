using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>Which responses of a route count against its cluster's service-level objective (<c>routes.NAME.slo</c>).</summary>
/// <remarks>
/// It narrows or widens the error budget alone: the outcome of a request stays what it was, a 5xx is a failure in every figure. Fallback
/// responses and responses that were cut always count, refusals and requests that the client aborted never do.
/// </remarks>
internal sealed record SloConfig
{
    /// <summary>Every 5xx counts. Default: true.</summary>
    public bool EveryServerError { get; init; } = true;

    /// <summary>Further statuses that count, from 400 to 599. Default: none.</summary>
    public ImmutableArray<int> Statuses { get; init; } = [];

    /// <summary>A response that took longer counts, event streams apart. Default: null, none does.</summary>
    public TimeSpan? SlowerThan { get; init; }

    /// <summary>True: a response with this status counts.</summary>
    public bool Counts(int status) => (EveryServerError && status >= 500) || Statuses.Contains(status);
}
