namespace Gateway.Observability.Metrics;

/// <summary>Why a route refused a request that was well formed.</summary>
internal enum RefusalReason
{
    /// <summary>The client's network may not use it.</summary>
    Denied,

    /// <summary>The sender has made too many requests.</summary>
    RateLimited,

    /// <summary>The client has too many requests under way.</summary>
    ClientBusy,
}
