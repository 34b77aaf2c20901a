using System.Collections.Immutable;

namespace Gateway.Health.Model;

/// <summary>What a status says about the destination that sent it.</summary>
internal static class FailureStatus
{
    /// <summary>
    /// True: it may be the destination's illness. Of the statuses that are not tried elsewhere only those are that a server in trouble
    /// sends: 501 and 505 answer the request's method and version, 429 the client's rate.
    /// </summary>
    public static bool MayBeIllness(int status, ImmutableArray<int> triedElsewhere) =>
        status is 500 or 502 or 503 or 504 || (status >= 500 && triedElsewhere.Contains(status));
}
