using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>Which responses of a route are kept, and for whom.</summary>
internal sealed record LastGoodConfig
{
    /// <summary>What tells responses apart, besides method and host. Default: path and query.</summary>
    public ImmutableArray<KeyPart> Key { get; init; } = [new(KeyPartKind.Path), new(KeyPartKind.Query)];

    /// <summary>Oldest response that is served. Default: 1 h.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Largest body that is kept, in bytes. Default: 256 KiB.</summary>
    public long MaxBody { get; init; } = 256 * 1024;

    /// <summary>A newer response replaces a stored one at most this often. Default: 5 s.</summary>
    public TimeSpan RefreshEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// True: cookies do not matter (<c>cookies: ignore</c>); false: a request with Cookie is neither stored nor answered unless the key
    /// names the cookie. Default: false.
    /// </summary>
    public bool IgnoreCookies { get; init; }

    /// <summary>Request headers that the service does not use: their values do not set requests apart. Default: none.</summary>
    public ImmutableArray<string> IgnoreHeaders { get; init; } = [];

    /// <summary>Equal reads in flight become one, whose response all of them get. Default: false.</summary>
    public bool Collapse { get; init; }

    /// <summary>
    /// A stored response that is not older is given at once, and renewed behind (RFC 5861, section 3). Zero: the live one is waited for.
    /// Default: zero.
    /// </summary>
    public TimeSpan StaleWhileRevalidate { get; init; }

    /// <summary>Coarser keys in order, filled from anonymous requests only. Default: none.</summary>
    public ImmutableArray<ImmutableArray<KeyPart>> Nearest { get; init; } = [];
}

/// <summary>One part of a key: <c>path</c>, <c>query</c>, <c>query:NAME</c>, <c>header:NAME</c> or <c>cookie:NAME</c>.</summary>
internal readonly record struct KeyPart(KeyPartKind Kind, string? Name = null);

/// <summary>Where a part of a key comes from.</summary>
internal enum KeyPartKind
{
    /// <summary>The request's path.</summary>
    Path,

    /// <summary>The whole query, its parameters sorted.</summary>
    Query,

    /// <summary>One query parameter.</summary>
    QueryParameter,

    /// <summary>One request header.</summary>
    Header,

    /// <summary>One cookie.</summary>
    Cookie,
}
