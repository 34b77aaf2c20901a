using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Configuration.Routing;

/// <summary>
/// Turns routes into ASP.NET endpoints. The data plane and <c>explain</c> use the same ones, so that what is explained is what happens.
/// </summary>
internal static class RouteEndpoints
{
    /// <summary>
    /// The endpoints, most exact pattern first. Each carries its <see cref="RouteConfig"/> as metadata and its name as display name.
    /// </summary>
    /// <param name="routes">Valid routes, as the loader gives them.</param>
    /// <param name="handler">What serves a route.</param>
    public static ImmutableArray<Endpoint> Build(ImmutableArray<RouteConfig> routes, Func<RouteConfig, RequestDelegate> handler)
    {
        var endpoints = ImmutableArray.CreateBuilder<Endpoint>(routes.Length);
        foreach (var (route, pattern) in Ranked(routes.Select(route => (route, RoutePatternFactory.Parse(route.Path)))))
        {
            // The order only refines ASP.NET's own precedence: of two equally exact patterns the first in the file
            // wins, where ASP.NET would throw.
            var builder = new RouteEndpointBuilder(handler(route), pattern, order: endpoints.Count) { DisplayName = route.Name };
            builder.Metadata.Add(route);
            if (route.Methods.Length > 0)
            {
                // HTTP/2 opens a WebSocket by CONNECT where HTTP/1.1 has GET. A CONNECT that does not is refused
                // by whatever serves the route.
                builder.Metadata.Add(new HttpMethodMetadata(
                    route.Methods.Contains("GET", StringComparer.Ordinal) ? [.. MethodsOf(route), HttpMethods.Connect] : MethodsOf(route),
                    acceptCorsPreflight: route.Cors is not null));
            }

            endpoints.Add(builder.Build());
        }

        return endpoints.MoveToImmutable();
    }

    /// <summary>The methods that a route takes; GET takes HEAD with it, which is answered like GET without the body. Empty: all.</summary>
    public static IReadOnlyList<string> MethodsOf(RouteConfig route) =>
        route.Methods.Contains("GET", StringComparer.Ordinal) && !route.Methods.Contains("HEAD", StringComparer.Ordinal)
            ? [.. route.Methods, "HEAD"]
            : route.Methods;

    /// <summary>
    /// In the order in which they are tried: by precedence, then by conditions, those with methods before those
    /// without, then as in the file.
    /// </summary>
    public static IEnumerable<(RouteConfig Route, RoutePattern Pattern)> Ranked(
        IEnumerable<(RouteConfig Route, RoutePattern Pattern)> routes) =>
        routes.OrderBy(route => route.Pattern.InboundPrecedence)
            .ThenByDescending(route => ExactnessOf(route.Route))
            .ThenBy(route => route.Route.Methods.Length == 0);

    /// <summary>Before paths: routes for a host, then those for names below one, then those for every host.</summary>
    public static int HostRank(RouteConfig route) =>
        route.Hosts.IsEmpty ? 2 : route.Hosts.All(static host => host.StartsWith(HostName.Below, StringComparison.Ordinal)) ? 1 : 0;

    /// <summary>
    /// How exact the conditions of a route are: first their number, then how many ask for an exact value, then how long their prefixes are.
    /// </summary>
    public static (int Count, int Exact, int Prefixes) ExactnessOf(RouteConfig route) => (
        route.Conditions.Length,
        route.Conditions.Count(static condition => condition.Test == MatchTest.Exact),
        route.Conditions.Sum(static condition => condition.Test == MatchTest.Prefix ? condition.Value.Length : 0));
}
