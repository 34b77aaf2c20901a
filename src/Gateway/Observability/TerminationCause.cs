namespace Gateway.Observability;

/// <summary>
/// Why a request ended as it did: one word for each cause, as HAProxy's termination flags say it. A closed set, listed in
/// docs/observability.md.
/// </summary>
internal enum TerminationCause
{
    /// <summary>An error of the gateway itself, or what it lacks: sockets, descriptors.</summary>
    GatewayError,

    /// <summary>The user has the whole response of a tier.</summary>
    Ok,

    /// <summary>A tier responded with a status from 500 on: the user has it, or a fallback instead.</summary>
    Status5xx,

    /// <summary>Every attempt got a 429 that <c>attempts.retryOn</c> names.</summary>
    TooManyRequests,

    /// <summary>The client disconnected, or took no more of the response.</summary>
    ClientAbort,

    /// <summary>Refused by the gateway; no destination was asked, or the client's own body broke.</summary>
    Refused,

    /// <summary>No route matches.</summary>
    Unmatched,

    /// <summary>No tier can serve.</summary>
    NoTier,

    /// <summary>Only the first tier serves the route's level, and a later one serves.</summary>
    LevelNotServed,

    /// <summary>The tier is full for this level.</summary>
    Shed,

    /// <summary>The destination's port refused the connection.</summary>
    ConnectRefused,

    /// <summary>No connection within <c>timeouts.connect</c>.</summary>
    ConnectTimeout,

    /// <summary>No connection for another reason: name, network, TLS.</summary>
    ConnectFailed,

    /// <summary>No response within <c>timeouts.firstByte</c>.</summary>
    FirstByteTimeout,

    /// <summary>The response fell silent for <c>timeouts.idle</c>.</summary>
    IdleTimeout,

    /// <summary>No response within <c>timeouts.total</c>.</summary>
    TotalTimeout,

    /// <summary>The connection ended before the response's head.</summary>
    Reset,

    /// <summary>The response ended early.</summary>
    Truncated,

    /// <summary>The response cannot be given to this user: a header is invalid.</summary>
    Unwritable,

    /// <summary>The gateway stops.</summary>
    Restarting,

    /// <summary>The route redirects.</summary>
    Redirect,

    /// <summary>A CORS preflight, which the gateway answers on a route with <c>cors</c>.</summary>
    Preflight,

    /// <summary>The route may not be used from the client's network.</summary>
    Denied,

    /// <summary>The sender has made more requests than the route's <c>rateLimit</c> allows.</summary>
    RateLimited,

    /// <summary>The live response was late: a stored one was given, as the route's <c>after</c> says.</summary>
    Late,

    /// <summary>An equal read was in flight, and the user has its response.</summary>
    Collapsed,

    /// <summary>A stored response was given at once, as the route's <c>staleWhileRevalidate</c> says.</summary>
    StaleWhileRevalidate,

    /// <summary>No place came free in a full tier within <c>queue.wait</c>.</summary>
    QueueTimeout,

    /// <summary>The destination is drained, and the time for its conversations is over.</summary>
    Drained,

    /// <summary>The client has more requests under way than <c>limits.requestsPerClient</c> allows.</summary>
    ClientBusy,
}
