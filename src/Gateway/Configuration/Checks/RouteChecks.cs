using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Configuration.Checks;

/// <summary>Patterns that ASP.NET does not understand, routes that can never match, clusters without a route.</summary>
internal static class RouteChecks
{
    // Only routing's own services, and no state: one for the process.
    private static readonly ParameterPolicyFactory Policies = new ServiceCollection()
        .AddLogging()
        .AddGatewayRouting()
        .BuildServiceProvider()
        .GetRequiredService<ParameterPolicyFactory>();

    // As in Observability: a route of this name would be counted with the others.
    private const string Unmatched = Observability.Metrics.Instruments.UnmatchedRoute;

    private static readonly string[] KnownMethods =
    [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
        "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "QUERY", "PURGE",
    ];

    /// <summary>Notes every problem and warning.</summary>
    public static void Run(GatewayConfig config, Reader reader)
    {
        var patterns = new List<(RouteConfig Route, RoutePattern Pattern)>();
        foreach (var route in config.Routes)
        {
            var path = $"routes/{route.Name}";
            if (string.Equals(route.Name, Unmatched, StringComparison.Ordinal))
            {
                reader.ProblemAt(
                    path,
                    $"The name \"{Unmatched}\" stands for requests that no route takes, in metrics and log. Write another name.");
            }

            if (Parse(route, path, reader) is { } pattern)
            {
                patterns.Add((route, pattern));
                RouteChangeChecks.Run(route, pattern, reader);
            }

            foreach (var method in route.Methods)
            {
                if (KnownMethods.Contains(method, StringComparer.Ordinal))
                {
                    continue;
                }

                var nearest = DidYouMean.Of(method, KnownMethods);
                reader.WarningAt(
                    $"{path}/match/methods",
                    $"This method is not a usual one, given \"{method}\". "
                        + $"{(nearest is null ? "Leave it if a client sends it." : $"Write \"{nearest}\" if that was meant.")}");
            }

            if (route.Cluster.Length == 0)
            {
                continue; // It redirects, or the key was not understood.
            }

            if (config.Clusters.IsEmpty && reader.IsBad("clusters"))
            {
                continue; // Said at its place already.
            }

            if (config.Clusters.Any(cluster => string.Equals(cluster.Name, route.Cluster, StringComparison.Ordinal)))
            {
                continue;
            }

            var names = config.Clusters.Select(cluster => cluster.Name).ToList();
            reader.ProblemAt(
                $"{path}/cluster",
                $"There is no such cluster, given {Reader.Quote(route.Cluster)}. Write "
                    + $"{(DidYouMean.Of(route.Cluster, names) is { } near
                        ? $"\"{near}\" instead"
                        : names.Count == 0 ? "it under \"clusters\""
                        : $"one of these: {string.Join(", ", names)}")}.");
        }

        OverlapChecks.Run(patterns, reader);
        if (!reader.HasProblems)
        {
            Together(config, reader);
        }

        foreach (var cluster in config.Clusters)
        {
            if (config.Routes.Any(route => string.Equals(route.Cluster, cluster.Name, StringComparison.Ordinal)) || reader.IsBad("routes"))
            {
                continue;
            }

            reader.WarningAt(
                $"clusters/{cluster.Name}",
                $"No route leads to cluster \"{cluster.Name}\". It is probed and never used: add a route, or remove it.");
        }
    }

    private static RoutePattern? Parse(RouteConfig route, string path, Reader reader)
    {
        var at = $"{path}/match/path";
        if (reader.IsBad(at))
        {
            return null;
        }

        try
        {
            var pattern = RoutePatternFactory.Parse(route.Path);
            foreach (var parameter in pattern.Parameters)
            {
                foreach (var policy in parameter.ParameterPolicies)
                {
                    if (Policies.Create(parameter, policy) is RegexConstraint { Backtracks: true })
                    {
                        reader.WarningAt(
                            at,
                            $"This expression needs backtracking, given {Reader.Quote(policy.Content ?? "")}: a value that takes longer "
                                + $"than {RegexConstraint.Longest.TotalMilliseconds:0} ms does not match. Write it without lookaround and "
                                + $"backreferences.");
                    }
                }
            }

            var literals = string.Concat(pattern.PathSegments
                .SelectMany(segment => segment.Parts)
                .OfType<RoutePatternLiteralPart>()
                .Select(part => part.Content));
            if (literals.IndexOfAny(['%', '#', '\\']) is var unusual and >= 0)
            {
                reader.ProblemAt(
                    at,
                    $"No path has a \"{literals[unusual]}\" once it is decoded, given {Reader.Quote(route.Path)}. Write the path decoded, "
                        + $"as people read it, without query or fragment.");
                return null;
            }

            if (Foreign(route.Path, pattern) is { } instead)
            {
                reader.ProblemAt(
                    at,
                    $"This pattern would match literally, given {Reader.Quote(route.Path)}. Write {Reader.Quote(instead)}.");
                return null;
            }

            return pattern;
        }
        catch (Exception failure)
        {
            // Whatever constraint and whatever its constructor throws: a pattern that ASP.NET cannot build is a problem of the file.
            reader.ProblemAt(
                at,
                $"This is no ASP.NET route pattern ({ReasonOf(failure.GetBaseException())}), given {Reader.Quote(route.Path)}. Write a "
                    + $"path like /api/{{name}} or \"/guide/{{**rest}}\".");
            return null;
        }
    }

    /// <summary>
    /// What to write in place of a pattern in another router's grammar (<c>/api/*</c>, <c>/users/:id</c>, <c>/users/&lt;id&gt;</c>), which
    /// to ASP.NET is literal text; null: it is in none.
    /// </summary>
    private static string? Foreign(string path, RoutePattern pattern)
    {
        if (!pattern.PathSegments.Any(static segment =>
            segment.Parts.OfType<RoutePatternLiteralPart>().Any(static part => part.Content.StartsWith(':')
                || part.Content.AsSpan().IndexOfAny('*', '<', '>') >= 0)))
        {
            return null;
        }

        var segments = path.TrimEnd('/').Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = segments[i];
            if (segment.Length == 0 || segment.Contains('{', StringComparison.Ordinal))
            {
                continue;
            }

            var name = new string([.. segment.Where(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_')]);
            var isLast = i == segments.Length - 1;
            segments[i] = segment.Contains('*', StringComparison.Ordinal)
                ? (isLast && segment.Trim('*').Length == 0 ? "{**rest}" : "{name}")
                : segment[0] == ':' || segment.AsSpan().IndexOfAny('<', '>') >= 0 ? $"{{{(name.Length == 0 ? "name" : name)}}}"
                : segment;
        }

        return string.Join('/', segments);
    }

    /// <summary>
    /// Builds the endpoints and matches by them, as <c>run</c> does: what the patterns do to each other is known to ASP.NET alone.
    /// </summary>
    private static void Together(GatewayConfig config, Reader reader)
    {
        Exception? fault;
        try
        {
            using var matcher = new RouteMatcher(config.Routes);
            fault = matcher.FindFault();
        }
        catch (Exception failure)
        {
            fault = failure.GetBaseException();
        }

        if (fault is not null)
        {
            reader.ProblemAt(
                "routes",
                $"ASP.NET cannot match requests by these routes together ({ReasonOf(fault)}). Remove or rewrite the one that it names.");
        }
    }

    private static string ReasonOf(Exception failure) => failure.Message.Split('\n')[0].Split(". ")[0].Trim().TrimEnd('.');
}
