namespace Gateway.LastGood;

/// <summary>One kept response, or the note which variants of a key there are. Immutable.</summary>
internal sealed record StoredResponse
{
    /// <summary>
    /// What an entry costs beside its texts and body: the record, its slot, its places in the dictionary and the queue. Measured
    /// generously.
    /// </summary>
    public const int Overhead = 640;

    /// <summary>The whole key, its variant included.</summary>
    public required string Key { get; init; }

    /// <summary>The key without the variant.</summary>
    public required string BaseKey { get; init; }

    /// <summary>Host and path of the request that it answered.</summary>
    public required string Place { get; init; }

    /// <summary>The exact key of the request that filled a nearest response; null: this is an exact response.</summary>
    public string? FilledBy { get; init; }

    /// <summary>The route's name.</summary>
    public required string Route { get; init; }

    /// <summary>The tier that gave it.</summary>
    public required string Tier { get; init; }

    /// <summary>The request headers that choose the variant.</summary>
    public string[] Vary { get; init; } = [];

    /// <summary>True: no response, only the note that the key has variants by <see cref="Vary"/>.</summary>
    public bool IsMarker { get; init; }

    /// <summary>The service said <c>public</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>When its head came, on the monotonic clock. For a marker: variants older than this are not found.</summary>
    public required long Began { get; init; }

    /// <summary>The same on the wall clock, in Unix milliseconds, for the stores behind.</summary>
    public required long BeganUnixMs { get; init; }

    /// <summary>How old it already was then.</summary>
    public TimeSpan InitialAge { get; init; }

    /// <summary>How long it was fresh.</summary>
    public long FreshSeconds { get; init; }

    /// <summary>The service's own limit; null: none.</summary>
    public long? StaleIfErrorSeconds { get; init; }

    /// <summary>The route's <c>maxAge</c> when it was kept: the stores behind forget it after that.</summary>
    public TimeSpan KeepFor { get; init; }

    /// <summary>The headers that are kept.</summary>
    public StoredHeader[] Headers { get; init; } = [];

    /// <summary>The <c>ETag</c>; null: none.</summary>
    public string? ETag { get; init; }

    /// <summary>The body, as it was sent (compressed, if it was).</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>True: a nearest response.</summary>
    public bool IsNearest => FilledBy is not null;

    /// <summary>Bytes of memory that it is counted for.</summary>
    public long Cost
    {
        get
        {
            long cost = Overhead + Body.Length + (2L * (Key.Length + BaseKey.Length + Place.Length + (FilledBy?.Length ?? 0)));
            foreach (var header in Headers)
            {
                cost += 64 + (2L * (header.Name.Length + header.Value.Length));
            }

            return cost;
        }
    }
}
