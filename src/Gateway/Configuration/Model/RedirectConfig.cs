namespace Gateway.Configuration.Model;

/// <summary>The route sends its requests to another address; no cluster is asked.</summary>
internal sealed record RedirectConfig
{
    /// <summary>
    /// The address, with <c>{host}</c>, <c>{path}</c> and values of the route; the query is added unless one stands in it.
    /// </summary>
    public required string To { get; init; }

    /// <summary>301, 302, 303, 307 or 308. Default: 308, permanent and with the same method.</summary>
    public int Status { get; init; } = 308;
}
