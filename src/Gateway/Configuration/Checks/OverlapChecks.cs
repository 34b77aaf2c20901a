using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Configuration.Checks;

/// <summary>Routes that can never match, routes that share requests with others, and routes of which neither is more exact.</summary>
internal static class OverlapChecks
{
    /// <summary>
    /// Walks the routes as they are tried, host by host, and finds those of which every form and method was taken before.
    /// </summary>
    public static void Run(List<(RouteConfig Route, RoutePattern Pattern)> patterns, Reader reader)
    {
        var taken = new Dictionary<string, List<RouteConfig>>(StringComparer.Ordinal);
        foreach (var (route, pattern) in RouteEndpoints.Ranked(patterns))
        {
            var paths = FormsOf(pattern);
            var forms = HostsOf(route).SelectMany(host => paths.Select(path => host + path)).ToList();
            var methods = route.Methods.Length == 0 ? [""] : route.Methods;
            var owners = forms.SelectMany(form => methods.Select(method => OwnerOf(taken, form, route, method))).ToList();
            var at = $"routes/{route.Name}/match";
            if (owners.TrueForAll(owner => owner is not null))
            {
                reader.ProblemAt(
                    $"{at}/path",
                    $"This route can never match, given {Reader.Quote(route.Path)}: route \"{owners[0]!.Name}\" takes the same requests "
                        + $"before it. Write another path or other methods, or remove one of the two.",
                    $"{at}/methods",
                    $"{at}/host",
                    $"{at}/headers",
                    $"{at}/query");
            }
            else if (owners.Find(owner => owner is not null) is { } first && !reader.IsBad(at))
            {
                reader.WarningAt(
                    $"{at}/path",
                    $"Some requests of this route go to route \"{first.Name}\", which takes the same path. Write methods that do not "
                        + $"overlap.");
            }
            else if (TieOf(taken, forms, route) is { } tie)
            {
                reader.ProblemAt(
                    at,
                    $"A request may meet the conditions of this route ({Shown(route)}) and those of route \"{tie.Name}\" ({Shown(tie)}) at "
                        + $"the same path, and neither route is more exact. Add a condition to the one that such a request is for.",
                    $"{at}/methods",
                    $"{at}/host",
                    $"{at}/headers",
                    $"{at}/query");
            }

            foreach (var form in forms)
            {
                if (!taken.TryGetValue(form, out var routes))
                {
                    taken[form] = routes = [];
                }

                routes.Add(route);
            }
        }
    }

    // A slash cannot stand in a host: no host with a path looks like another.
    private static IEnumerable<string> HostsOf(RouteConfig route) => route.Hosts.IsEmpty ? [""] : route.Hosts;

    private static string Shown(RouteConfig route) => string.Join(", ", route.Conditions);

    /// <summary>
    /// Whatever comes before has as many conditions or more: it takes the same requests only if its conditions are the same.
    /// </summary>
    private static RouteConfig? OwnerOf(Dictionary<string, List<RouteConfig>> taken, string form, RouteConfig route, string method) =>
        taken.TryGetValue(form, out var routes)
            ? routes.Find(before => (before.Methods.Length == 0 || before.Methods.Contains(method, StringComparer.Ordinal))
                && HaveSameConditions(before, route))
            : null;

    private static RouteConfig? TieOf(Dictionary<string, List<RouteConfig>> taken, List<string> forms, RouteConfig route)
    {
        if (route.Conditions.IsEmpty)
        {
            return null;
        }

        var exactness = RouteEndpoints.ExactnessOf(route);
        foreach (var form in forms)
        {
            if (taken.TryGetValue(form, out var routes)
                && routes.Find(before => RouteEndpoints.ExactnessOf(before) == exactness
                    && ShareMethods(before, route)
                    && CanBothHold(before, route)
                    && !HaveSameConditions(before, route)) is { } tie)
            {
                return tie;
            }
        }

        return null;
    }

    /// <summary>Of two routes of which one names its methods that one goes first.</summary>
    private static bool ShareMethods(RouteConfig a, RouteConfig b) =>
        a.Methods.IsEmpty == b.Methods.IsEmpty
            && (a.Methods.IsEmpty || a.Methods.Any(method => b.Methods.Contains(method, StringComparer.Ordinal)));

    private static bool CanBothHold(RouteConfig a, RouteConfig b) => !a.Conditions.Any(one => b.Conditions.Any(one.Excludes));

    private static bool HaveSameConditions(RouteConfig a, RouteConfig b) =>
        a.Conditions.Length == b.Conditions.Length && a.Conditions.All(one => b.Conditions.Any(other => IsSame(one, other)));

    private static bool IsSame(MatchCondition a, MatchCondition b) =>
        a.Source == b.Source && a.Test == b.Test && string.Equals(a.Value, b.Value, StringComparison.Ordinal)
        && string.Equals(a.Name, b.Name, a.Source == MatchSource.Header ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    /// <summary>A pattern without its parameters' names: one form, or two when its last parameter may be missing.</summary>
    private static List<string> FormsOf(RoutePattern pattern)
    {
        var form = "";
        var forms = new List<string>();
        foreach (var segment in pattern.PathSegments)
        {
            if (segment.Parts is [RoutePatternParameterPart { IsCatchAll: false } last] && (last.IsOptional || last.Default is not null))
            {
                forms.Add(form);
            }

            form += "/" + string.Concat(segment.Parts.Select(part => part switch
            {
                RoutePatternLiteralPart literal => literal.Content.ToLowerInvariant(),
                RoutePatternSeparatorPart separator => separator.Content,
                RoutePatternParameterPart parameter =>
                    $"{{{(parameter.IsCatchAll ? "**" : "")}"
                        + $"{string.Concat(parameter.ParameterPolicies.Select(policy => ":" + policy.Content))}}}",
                _ => "",
            }));
        }

        forms.Add(form);
        return forms;
    }
}
