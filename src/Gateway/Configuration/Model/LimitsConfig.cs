namespace Gateway.Configuration.Model;

/// <summary>What a client may do; beyond it the response is 413, 431 or 408 and no tier is asked.</summary>
internal sealed record LimitsConfig
{
    /// <summary>Largest request body in bytes. Default: 10 MiB.</summary>
    public long RequestBody { get; init; } = 10 * 1024 * 1024;

    /// <summary>Largest request head in bytes. Default: 32 KiB. Limits: 1 KiB to 1 MiB.</summary>
    public long RequestHeaders { get; init; } = 32 * 1024;

    /// <summary>Time for a whole request head. Default: 10 s.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Users' connections at once; further ones are closed at once. Default: 10,000.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections of one client at once; further ones are closed at once. Default: null, any number.</summary>
    public int? ConnectionsPerClient { get; init; }

    /// <summary>Requests of one client under way at once, over all routes; further ones get 429. Default: null, any number.</summary>
    public int? RequestsPerClient { get; init; }
}
