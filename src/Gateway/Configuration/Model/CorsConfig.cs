using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>Which scripts of other origins may use the route (Fetch, section 3.2). The gateway answers preflights by itself.</summary>
internal sealed record CorsConfig
{
    /// <summary>Origins, <c>https://*.name</c> for every name below one, or <c>*</c> alone for all.</summary>
    public required ImmutableArray<string> Origins { get; init; }

    /// <summary>Methods that may be used. Default: empty, the route's own, or GET, HEAD and POST.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>Request headers beyond the usual ones; <c>*</c> for every one. Default: none.</summary>
    public ImmutableArray<string> Headers { get; init; } = [];

    /// <summary>Requests may carry cookies and credentials. Default: false.</summary>
    public bool Credentials { get; init; }

    /// <summary>How long a browser may remember a preflight. Default: 10 min.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);
}
