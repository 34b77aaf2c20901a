namespace Gateway.LastGood.Policy;

/// <summary>Why a request gets a stored response.</summary>
internal enum StoredUse
{
    /// <summary>No tier can serve, or the live response is late.</summary>
    Fallback,

    /// <summary>An equal read was in flight, and this is its response.</summary>
    Collapsed,

    /// <summary>It is young enough for the route's <c>staleWhileRevalidate</c>, and is renewed behind.</summary>
    StaleWhileRevalidate,
}
