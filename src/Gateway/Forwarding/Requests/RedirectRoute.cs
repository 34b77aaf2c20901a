using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Forwarding.Responses;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Requests;

/// <summary>A route that sends its requests to another address, made once for each configuration.</summary>
internal sealed class RedirectRoute
{
    private readonly RouteTemplate _to;
    private readonly bool _isRelative;
    private readonly bool _hasQuery;
    private readonly bool _namesHost;

    public RedirectRoute(RouteConfig route, Instruments instruments, TimeProvider time)
    {
        Route = route;
        Meter = instruments.Route(route.Name);
        Time = time;
        var redirect = route.Redirect!;
        _to = RouteTemplate.Of(redirect.To, route);
        _isRelative = redirect.To[0] == '/' || redirect.To.StartsWith("{path}", StringComparison.Ordinal);
        _hasQuery = redirect.To.Contains('?', StringComparison.Ordinal);
        _namesHost = redirect.To.Contains("{host}", StringComparison.Ordinal);
    }

    /// <summary>The route as written.</summary>
    public RouteConfig Route { get; }

    /// <summary>The route's figures.</summary>
    public RouteMeter Meter { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>What the route changes in responses; null: nothing.</summary>
    public ResponseHeaderChanges? ResponseHeaders { get; init; }

    /// <summary>Who may use it and how often; null: anyone, at any rate.</summary>
    public RouteAccess? Access { get; init; }

    /// <summary>Which scripts of other origins may use it; null: none.</summary>
    public CorsPolicy? Cors { get; init; }

    /// <summary>The address for one request; null: it names a host that no name is.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Its target, with dot segments resolved.</param>
    public string? LocationOf(HttpContext context, string target)
    {
        if (_namesHost
            && (HostName.Of(context.Request.Host.Value).ToString() is var host && (host.StartsWith('*') || !HostName.IsPattern(host))))
        {
            return null;
        }

        // Browsers read a backslash as a slash.
        var location = _to.For(context, target, []).Replace("\\", "%5C", StringComparison.Ordinal);
        if (_isRelative)
        {
            // Two slashes begin a host (RFC 3986, section 4.2).
            location = "/" + location.AsSpan().TrimStart('/').ToString();
        }

        var query = target.AsSpan(PathText.Of(target).Length);
        return _hasQuery || query.IsEmpty
            ? location
            : string.Concat(location, query.ToString().Replace("\\", "%5C", StringComparison.Ordinal));
    }
}
