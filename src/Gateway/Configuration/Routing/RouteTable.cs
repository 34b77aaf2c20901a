using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Routing;

/// <summary>
/// The routes of one configuration by host, each host's with ASP.NET's own matcher over path and method. A request is held against the
/// routes of its exact host, then against those of the names that it stands below, the longest first, then against those for every host.
/// The cost does not grow with the number of hosts. Immutable.
/// </summary>
internal sealed class RouteTable
{
    private const string EndpointRouteBuilder = "__EndpointRouteBuilder";

    private readonly HostRoutes _everyHost;
    private readonly bool _hasHosts;
    private readonly FrozenDictionary<string, HostRoutes>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly FrozenDictionary<string, HostRoutes>.AlternateLookup<ReadOnlySpan<char>> _below;
    private readonly ImmutableArray<HostRoutes> _all;

    /// <param name="services">With <see cref="GatewayRouting.AddGatewayRouting"/>.</param>
    /// <param name="routes">Valid routes, as the loader gives them.</param>
    /// <param name="handler">What serves a route; asked once for each.</param>
    public RouteTable(IServiceProvider services, ImmutableArray<RouteConfig> routes, Func<RouteConfig, RequestDelegate> handler)
    {
        var handlers = routes.ToDictionary(static route => route.Name, handler, StringComparer.Ordinal);
        RequestDelegate HandlerOf(RouteConfig route) => handlers[route.Name];
        _everyHost = new HostRoutes(
            MatcherOf(services, RouteEndpoints.Build([.. routes.Where(static route => route.Hosts.IsEmpty)], HandlerOf)),
            Next: null);

        // The shortest names first: what a name stands below is there already.
        var below = new Dictionary<string, HostRoutes>(StringComparer.OrdinalIgnoreCase);
        var exact = new Dictionary<string, HostRoutes>(StringComparer.OrdinalIgnoreCase);
        var hosts = routes.SelectMany(static route => route.Hosts.Select(host => (Host: host, Route: route))).ToLookup(
            static pair => pair.Host,
            static pair => pair.Route,
            StringComparer.OrdinalIgnoreCase);
        foreach (var host in hosts.OrderBy(static host => !IsWildcard(host.Key)).ThenBy(static host => host.Key.Length))
        {
            var name = IsWildcard(host.Key) ? host.Key[HostName.Below.Length..] : host.Key;
            (IsWildcard(host.Key) ? below : exact).Add(
                name,
                new HostRoutes(MatcherOf(services, RouteEndpoints.Build([.. host], HandlerOf)), LongestAbove(below, name) ?? _everyHost));
        }

        _hasHosts = hosts.Count > 0;
        _all = [.. exact.Values, .. below.Values, _everyHost];
        _exact = exact.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        _below = below.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>
    /// Sets the endpoint and the route's values of a request. None is set when no route takes it; one that is no
    /// <see cref="RouteEndpoint"/> when only the method is refused.
    /// </summary>
    public Task MatchAsync(HttpContext context)
    {
        var routes = _hasHosts ? Find(HostName.Of(context.Request.Host.Value)) : _everyHost;
        return routes.Next is null ? routes.Match(context) : MatchAlongAsync(context, routes);
    }

    /// <summary>Matches one request in each host's routes, whose matchers are made by the first one.</summary>
    public async Task MatchEverywhereAsync(Func<HttpContext> request)
    {
        foreach (var routes in _all)
        {
            await routes.Match(request()).ConfigureAwait(false);
        }
    }

    private static async Task MatchAlongAsync(HttpContext context, HostRoutes first)
    {
        Endpoint? refused = null;
        for (var routes = first; routes is not null; routes = routes.Next)
        {
            await routes.Match(context).ConfigureAwait(false);
            switch (context.GetEndpoint())
            {
                case null:
                    break;
                case RouteEndpoint:
                    return;
                case var endpoint:
                    // Routes for more hosts may take the method.
                    refused ??= endpoint;
                    context.SetEndpoint(null);
                    break;
            }
        }

        context.SetEndpoint(refused);
    }

    private HostRoutes Find(ReadOnlySpan<char> name)
    {
        if (_exact.TryGetValue(name, out var routes))
        {
            return routes;
        }

        for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.'))
        {
            name = name[(dot + 1)..];
            if (_below.TryGetValue(name, out routes))
            {
                return routes;
            }
        }

        return _everyHost;
    }

    private static bool IsWildcard(string host) => host.StartsWith(HostName.Below, StringComparison.Ordinal);

    private static HostRoutes? LongestAbove(Dictionary<string, HostRoutes> below, string name)
    {
        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', StringComparison.Ordinal))
        {
            name = name[(dot + 1)..];
            if (below.TryGetValue(name, out var routes))
            {
                return routes;
            }
        }

        return null;
    }

    /// <summary>ASP.NET's routing over these endpoints alone, up to the point where it has found one.</summary>
    private static RequestDelegate MatcherOf(IServiceProvider services, ImmutableArray<Endpoint> endpoints)
    {
        if (endpoints.IsEmpty)
        {
            return static _ => Task.CompletedTask;
        }

        var app = new ApplicationBuilder(services);
        app.UseRouting();
        // UseEndpoints would also note them in the options of the process, where those of every earlier configuration would stay.
        ((IEndpointRouteBuilder)app.Properties[EndpointRouteBuilder]!).DataSources.Add(new DefaultEndpointDataSource(endpoints));
        app.Run(static _ => Task.CompletedTask);
        return app.Build();
    }

    /// <summary>The routes of one host, and where to look when none of them takes a request.</summary>
    private sealed record HostRoutes(RequestDelegate Match, HostRoutes? Next);
}
