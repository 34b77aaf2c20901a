using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Configuration.Checks;

/// <summary>Values that a route's texts name and do not have, and changes that undo each other.</summary>
internal static class RouteChangeChecks
{
    /// <summary>Notes every problem of one route.</summary>
    public static void Run(RouteConfig route, RoutePattern pattern, Reader reader)
    {
        var path = $"routes/{route.Name}";
        if (route.Rewrite?.Path is { } rewritten)
        {
            Names(rewritten, $"{path}/rewrite/path", [], route, pattern, reader);
        }

        if (route.Redirect is { } redirect)
        {
            Redirect(redirect, path, route, pattern, reader);
        }

        Changes(route.RequestHeaders, $"{path}/headers/request", route, pattern, reader);
        Changes(route.ResponseHeaders, $"{path}/headers/response", route, pattern, reader);
        if (route.Stream is not null
            && route.RequestHeaders is { } request
            && request.Set
                .Select(static line => line.Name)
                .Concat(request.Add.Select(static line => line.Name))
                .Contains("Accept-Encoding", StringComparer.OrdinalIgnoreCase))
        {
            reader.ProblemAt(
                $"{path}/headers/request",
                "The gateway asks for event streams uncompressed, given \"Accept-Encoding\" on a route with \"stream\". Leave it out.");
        }
    }

    /// <summary>Every <c>{name}</c> must be one of <paramref name="known"/> or a value of the route that fills a whole segment.</summary>
    public static void Names(string text, string at, string[] known, RouteConfig route, RoutePattern pattern, Reader reader)
    {
        foreach (var part in TextTemplate.Parse(text) ?? [])
        {
            if (!part.IsName || known.Contains(part.Text, StringComparer.Ordinal))
            {
                continue;
            }

            var usable = PathParameters.Of(pattern);
            if (usable.Any(parameter => parameter.Name.Equals(part.Text, StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (pattern.GetParameter(part.Text) is not null)
            {
                reader.ProblemAt(
                    at,
                    $"This value is only a part of a segment, given {Reader.Quote($"{{{part.Text}}}")} with the path "
                        + $"{Reader.Quote(route.Path)}: how the client wrote it cannot be told. Write a value that fills a whole segment.",
                    $"routes/{route.Name}/match/path");
                continue;
            }

            var names = known.Concat(usable.Select(static parameter => parameter.Name)).Select(static name => $"{{{name}}}").ToList();
            reader.ProblemAt(
                at,
                $"There is no such value, given {Reader.Quote($"{{{part.Text}}}")} with the path {Reader.Quote(route.Path)}. Write "
                    + $"{(names.Count == 0 ? "a value into the path of \"match\" first" : $"one of these: {string.Join(", ", names)}")}.",
                $"routes/{route.Name}/match/path");
        }
    }

    private static void Redirect(RedirectConfig redirect, string path, RouteConfig route, RoutePattern pattern, Reader reader)
    {
        Names(redirect.To, $"{path}/redirect/to", [TemplateNames.Host, TemplateNames.Path], route, pattern, reader);
        foreach (var key in (string[])["cluster", "lastGood", "fallback", "stream", "retryable", "host", "rewrite", "headers/request"])
        {
            if (reader.IsWritten($"{path}/{key}"))
            {
                reader.ProblemAt(
                    $"{path}/{key}",
                    $"A route that redirects asks no destination, given {Reader.Quote(key.Replace('/', '.'))} beside \"redirect\". Write "
                        + $"one of both.");
            }
        }

        if (redirect.To.Contains("{host}", StringComparison.Ordinal) && route.Hosts.IsEmpty)
        {
            reader.WarningAt(
                $"{path}/redirect/to",
                "The host is whatever a client names, given {host} on a route for every host. Write \"host\" under \"match\".");
        }
    }

    private static void Changes(HeaderChangesConfig? changes, string at, RouteConfig route, RoutePattern pattern, Reader reader)
    {
        if (changes is null)
        {
            return;
        }

        Lines(changes.Set, $"{at}/set", route, pattern, reader);
        Lines(changes.Add, $"{at}/add", route, pattern, reader);
        foreach (var name in changes.Remove)
        {
            if (changes.Set.Any(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                reader.ProblemAt(
                    $"{at}/remove",
                    $"The header is set and removed, given {Reader.Quote(name)}. Write one of both; \"set\" replaces what was there.");
            }
        }

        foreach (var line in changes.Add)
        {
            if (changes.Set.Any(set => set.Name.Equals(line.Name, StringComparison.OrdinalIgnoreCase)))
            {
                reader.ProblemAt(
                    $"{at}/add/{line.Name}",
                    $"The header is set and added, given {Reader.Quote(line.Name)}. Write one of both.");
            }
        }
    }

    private static void Lines(ImmutableArray<HeaderLineConfig> lines, string at, RouteConfig route, RoutePattern pattern, Reader reader)
    {
        foreach (var line in lines)
        {
            Names(line.Value, $"{at}/{line.Name}", TemplateNames.All, route, pattern, reader);
        }
    }
}
