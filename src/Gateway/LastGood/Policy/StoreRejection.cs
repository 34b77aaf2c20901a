namespace Gateway.LastGood.Policy;

/// <summary>Why a response is not kept: a closed set, the label <c>reason</c> of <c>gateway_last_good_refused_total</c>.</summary>
internal enum StoreRejection
{
    /// <summary>It is kept.</summary>
    None,

    /// <summary>The request's method is not GET.</summary>
    Method,

    /// <summary>The status is not 200.</summary>
    Status,

    /// <summary>A range was asked for or given.</summary>
    Range,

    /// <summary><c>no-store</c> on either side.</summary>
    NoStore,

    /// <summary><c>private</c>.</summary>
    Private,

    /// <summary><c>no-cache</c>.</summary>
    NoCache,

    /// <summary><c>must-revalidate</c> or <c>proxy-revalidate</c>.</summary>
    MustRevalidate,

    /// <summary><c>s-maxage</c>.</summary>
    SharedMaxAge,

    /// <summary>The response sets a cookie.</summary>
    SetCookie,

    /// <summary>The request carries Authorization and the response is not explicitly public.</summary>
    Authorization,

    /// <summary>The request carries cookies that the key does not hold and the response is not explicitly public.</summary>
    Cookie,

    /// <summary><c>Vary: *</c>.</summary>
    Vary,

    /// <summary>The response is an event stream.</summary>
    EventStream,

    /// <summary>The GET has a body, which no key holds.</summary>
    RequestBody,

    /// <summary>The body is larger than <c>maxBody</c>.</summary>
    TooLarge,

    /// <summary>No key could be made of the request.</summary>
    Key,

    /// <summary>The response was cut, or is longer than it said.</summary>
    Truncated,

    /// <summary>The body is not valid for its type.</summary>
    Invalid,

    /// <summary>The key or its path was evicted while the response was streaming.</summary>
    Overtaken,

    /// <summary>Too many responses were being copied at once, or the memory is full of newer ones.</summary>
    Busy,

    /// <summary>A record of the shared store has no valid signature.</summary>
    Signature,

    /// <summary>A content coding that cannot be negotiated: unknown, or several on top of each other.</summary>
    Encoding,
}
