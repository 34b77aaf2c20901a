namespace Gateway.LastGood;

/// <summary>A kept response, found for one request.</summary>
/// <param name="Response">The response.</param>
/// <param name="Age">Its age (RFC 9111, section 4.2.3).</param>
internal sealed record FoundResponse(StoredResponse Response, TimeSpan Age)
{
    /// <summary>Freshness left, in seconds; 0 or less: stale.</summary>
    public long TimeToLive => Response.FreshSeconds - (long)Age.TotalSeconds;
}
