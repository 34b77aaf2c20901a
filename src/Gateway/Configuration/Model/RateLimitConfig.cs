namespace Gateway.Configuration.Model;

/// <summary>How many requests one sender may make on a route; more get 429.</summary>
internal sealed record RateLimitConfig
{
    /// <summary>The header that tells senders apart. Default: null.</summary>
    public string? Header { get; init; }

    /// <summary>
    /// The cookie that tells senders apart. Default: null; without a header and a cookie the client's address does, an IPv6 one by its /64.
    /// </summary>
    public string? Cookie { get; init; }

    /// <summary>Requests in <see cref="Per"/>, from 1 to 10,000 a second.</summary>
    public int Count { get; init; }

    /// <summary>A second, a minute or an hour.</summary>
    public TimeSpan Per { get; init; }

    /// <summary>Requests at once of a sender that made none for a while. Default: <see cref="Count"/>.</summary>
    public int Burst
    {
        get => field > 0 ? field : Count;
        init;
    }
}
