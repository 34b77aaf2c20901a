namespace Gateway.Observability.Metrics;

/// <summary>How a user's request ended.</summary>
internal enum RequestOutcome
{
    /// <summary>A tier answered.</summary>
    Live,

    /// <summary>A step of the fallback chain answered, the built-in one apart.</summary>
    Degraded,

    /// <summary>The user got an error: the built-in 503, or a response that had to be cut.</summary>
    Failed,

    /// <summary>We refused it before a tier was asked: 400, 413, 414, 431.</summary>
    Refused,

    /// <summary>The client disconnected: no destination is at fault.</summary>
    Aborted,
}

/// <summary>How one exchange with one destination ended.</summary>
internal enum AttemptResult
{
    /// <summary>A response that was handed on.</summary>
    Success,

    /// <summary>No connection.</summary>
    Connect,

    /// <summary>The connection broke before the response's head.</summary>
    Reset,

    /// <summary>No first byte in time.</summary>
    Timeout,

    /// <summary>A body that ended early.</summary>
    Truncated,

    /// <summary>A response whose status counts as a failure.</summary>
    Status,

    /// <summary>Given up by us: another attempt won, or the client left.</summary>
    Cancelled,

    /// <summary>It failed on our side, because of what the request was: it is no evidence about the destination.</summary>
    Local,
}

/// <summary>Why a further attempt was not made.</summary>
internal enum SkipReason
{
    /// <summary>The budget for extra attempts is used up.</summary>
    Budget,

    /// <summary>The request's deadline is too near.</summary>
    Deadline,

    /// <summary>The method may not be sent twice, or the body was not kept.</summary>
    NotRepeatable,

    /// <summary>No other destination can serve.</summary>
    NoDestination,
}

/// <summary>The step of the fallback chain that answered.</summary>
internal enum FallbackStep
{
    /// <summary>A stored response.</summary>
    LastGood,

    /// <summary>A prepared file.</summary>
    File,

    /// <summary>The response that needs nothing.</summary>
    BuiltIn,
}

/// <summary>What became of a notification.</summary>
internal enum NotifyResult
{
    /// <summary>Its receiver took it.</summary>
    Sent,

    /// <summary>Its receiver did not take it, at none of the attempts.</summary>
    Failed,

    /// <summary>It was not tried: too many waited, or more than allowed within a minute.</summary>
    Dropped,
}
