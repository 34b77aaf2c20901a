using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Cli.Planning;

/// <summary>A request that shows what a configuration makes of its like.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Url">Its absolute URL.</param>
/// <param name="Headers">Its headers.</param>
internal sealed record WitnessRequest(string Method, Uri Url, ImmutableArray<KeyValuePair<string, string>> Headers)
{
    /// <summary>The host of requests to routes that are for every host.</summary>
    public const string AnyHost = "any.example";

    /// <summary>As <c>explain</c> takes it: <c>GET /a --header "X-Tenant: a"</c>.</summary>
    public override string ToString()
    {
        var target = string.Equals(Url.Host, AnyHost, StringComparison.Ordinal) ? Url.PathAndQuery : Url.ToString();
        return $"{Method} {target}{string.Concat(Headers.Select(static header => $" --header \"{header.Key}: {header.Value}\""))}";
    }
}

/// <summary>
/// Requests that a route takes, made out of its match: each method, and paths of several depths. What another route takes before it is no
/// witness of it.
/// </summary>
internal static class WitnessRequests
{
    // One of these fits nearly every constraint of a path's value.
    private static readonly string[] Values =
        ["shoes", "1", "a", "true", "1.5", "2026-01-31", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "abcdefgh", "12345"];

    private static readonly string[] Rests = ["", "shoes", "shoes/1"];
    private static readonly string[] AnyMethods = ["GET", "POST"];

    /// <summary>The witnesses of one route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="matcher">The routing of its configuration.</param>
    public static async Task<IReadOnlyList<WitnessRequest>> OfAsync(RouteConfig route, RouteMatcher matcher)
    {
        var pattern = RoutePatternFactory.Parse(route.Path);
        var rests = pattern.Parameters.Any(static parameter => parameter.IsCatchAll) ? Rests : [""];
        var found = new List<WitnessRequest>();
        foreach (var rest in rests)
        {
            foreach (var method in route.Methods.IsEmpty ? AnyMethods : [.. route.Methods])
            {
                foreach (var value in pattern.Parameters.Count > 0 ? Values : [""])
                {
                    var witness = new WitnessRequest(method, UrlOf(route, pattern, value, rest), HeadersOf(route));
                    var match = await matcher.MatchAsync(method, witness.Url, witness.Headers);
                    if (string.Equals(match.Route?.Name, route.Name, StringComparison.Ordinal))
                    {
                        found.Add(witness);
                        break;
                    }
                }
            }
        }

        return found;
    }

    private static Uri UrlOf(RouteConfig route, RoutePattern pattern, string value, string rest)
    {
        var segments = pattern.PathSegments
            .Select(segment => string.Concat(segment.Parts.Select(part => part switch
            {
                RoutePatternLiteralPart literal => literal.Content,
                RoutePatternSeparatorPart separator => separator.Content,
                RoutePatternParameterPart { IsCatchAll: true } => rest,
                _ => value,
            })))
            .Where(static segment => segment.Length > 0);
        var host = route.Hosts.IsEmpty ? WitnessRequest.AnyHost : route.Hosts[0].Replace("*.", "a.", StringComparison.Ordinal);
        var query = string.Join('&', route.Conditions
            .Where(static condition => condition is { Source: MatchSource.Query, Test: not MatchTest.Absent })
            .Select(static condition => $"{condition.Name}={Uri.EscapeDataString(ValueOf(condition))}"));
        return new UriBuilder(Uri.UriSchemeHttp, host) { Path = "/" + string.Join('/', segments), Query = query }.Uri;
    }

    private static ImmutableArray<KeyValuePair<string, string>> HeadersOf(RouteConfig route) =>
        [.. route.Conditions
            .Where(static condition => condition is { Source: MatchSource.Header, Test: not MatchTest.Absent })
            .Select(static condition => KeyValuePair.Create(condition.Name, ValueOf(condition)))];

    private static string ValueOf(MatchCondition condition) => condition.Value.Length > 0 ? condition.Value : "1";
}
