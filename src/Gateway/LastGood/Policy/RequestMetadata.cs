namespace Gateway.LastGood.Policy;

/// <summary>What the storage and serving rules need to know of a request; a value, read once from its head.</summary>
internal readonly record struct RequestMetadata
{
    /// <summary>The method is GET.</summary>
    public bool IsGet { get; init; }

    /// <summary>The method is HEAD, which is answered like GET.</summary>
    public bool IsHead { get; init; }

    /// <summary>The request carries <c>Authorization</c>, or its client has shown a certificate.</summary>
    public bool HasAuthorization { get; init; }

    /// <summary>How the request's cookies stand to the key.</summary>
    public CookieStanding Cookies { get; init; }

    /// <summary>The request carries <c>Range</c>.</summary>
    public bool HasRange { get; init; }

    /// <summary>The request says <c>Cache-Control: no-store</c>.</summary>
    public bool NoStore { get; init; }

    /// <summary>The request has a body, which no key can hold.</summary>
    public bool HasBody { get; init; }

    /// <summary>The request carries headers of its own kind, which set its key apart from everyone else's.</summary>
    public bool HasOwnHeaders { get; init; }

    /// <summary>
    /// The request comes from a trusted proxy, whose <c>X-Forwarded-Host</c>, <c>-Proto</c> and <c>-Port</c> reach the destination.
    /// </summary>
    public bool TrustsForwarded { get; init; }

    /// <summary>The request carries a header that few clients send and that could change its response, yet stands in no key.</summary>
    public bool HasOptionalHeaders { get; init; }

    /// <summary>Neither Cookie nor Authorization, nor headers of its own: what a nearest response may be filled from.</summary>
    public bool IsAnonymous => Cookies == CookieStanding.None && !HasAuthorization && !HasOwnHeaders;
}

/// <summary>How a request's cookies stand to the key.</summary>
internal enum CookieStanding
{
    /// <summary>There is no Cookie header.</summary>
    None,

    /// <summary>The route says <c>cookies: ignore</c>.</summary>
    Ignored,

    /// <summary>The key tells them apart.</summary>
    Keyed,

    /// <summary>They could change the response, and the key does not hold them.</summary>
    Unkeyed,
}
