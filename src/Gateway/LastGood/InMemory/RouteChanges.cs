using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.InMemory;

/// <summary>What a route changes in its requests, as far as it matters to keys: they go by what the destination sees.</summary>
internal static class RouteChanges
{
    private const string Client = "{" + TemplateNames.Client + "}";

    /// <summary>Headers of which no destination sees what the client says.</summary>
    public static IEnumerable<string> HiddenHeaders(RouteConfig route) =>
        route.RequestHeaders is { } changes ? changes.Set.Select(static line => line.Name).Concat(changes.Remove) : [];

    /// <summary>The changes as a digest takes them: once they are others, other responses are expected.</summary>
    public static IEnumerable<string> RulesOf(RouteConfig route)
    {
        if (route.KeepsHost || route.HostName is not null)
        {
            yield return $"host:{(route.KeepsHost ? "keep" : route.HostName)}";
        }

        if (route.Rewrite is { } rewrite)
        {
            yield return $"rewrite:{rewrite.StripPrefix} {rewrite.Prefix} {rewrite.Path}";
        }

        if (route.RequestHeaders is not { } headers)
        {
            yield break;
        }

        foreach (var line in headers.Set.Concat(headers.Add))
        {
            yield return $"header:{line.Name.ToLowerInvariant()}:{line.Value}";
        }

        foreach (var name in headers.Remove)
        {
            yield return $"removed:{name.ToLowerInvariant()}";
        }
    }

    /// <summary>
    /// True: the response varies by a header in which the route tells the destination the client's address, and so by the client.
    /// </summary>
    public static bool VaryByClient(RouteConfig route, StringValues vary)
    {
        if (vary.Count == 0 || route.RequestHeaders is not { } changes)
        {
            return false;
        }

        foreach (var line in changes.Set.AddRange(changes.Add).AsSpan())
        {
            if (line.Value.Contains(Client, StringComparison.Ordinal)
                && vary.ToString().Contains(line.Name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
