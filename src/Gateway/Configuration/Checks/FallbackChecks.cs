using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Configuration.Checks;

/// <summary>Steps without what they stand on: files that do not exist, last-good responses that are never stored.</summary>
internal static class FallbackChecks
{
    /// <summary>Notes every problem and warning of one route.</summary>
    public static void Run(RouteConfig route, GatewayConfig config, Reader reader)
    {
        var path = $"routes/{route.Name}";
        var givesLastGood = false;
        for (var i = 0; i < route.Fallback.Length; i++)
        {
            var at = $"{path}/fallback/{i.ToString(CultureInfo.InvariantCulture)}";
            switch (route.Fallback[i])
            {
                case LastGoodStep when givesLastGood:
                    reader.ProblemAt(
                        at,
                        "The step stands twice, given \"lastGood\". Write it once: what it has not, it has not the second time.");
                    break;
                case LastGoodStep step:
                    givesLastGood = true;
                    if (step.After is { } after)
                    {
                        After(after, route, config, $"{at}/after", reader);
                    }

                    if (route.LastGood is null)
                    {
                        reader.ProblemAt(
                            at,
                            "No last-good responses are kept for this route, given the step \"lastGood\". Write \"lastGood: {}\" beside "
                                + "\"fallback\", or remove the step.",
                            $"{path}/lastGood");
                    }

                    break;
                case FileStep file:
                    FileOf(file, route, config, at, path, reader);
                    break;
            }
        }

        if (route.LastGood is { } lastGood)
        {
            Kept(lastGood, route, givesLastGood, path, reader);
        }
    }

    private static void Kept(LastGoodConfig lastGood, RouteConfig route, bool hasStep, string path, Reader reader)
    {
        var isGivenInHealth = lastGood.Collapse || lastGood.StaleWhileRevalidate > TimeSpan.Zero;
        if (!hasStep && !isGivenInHealth && !reader.IsBad($"{path}/fallback"))
        {
            reader.WarningAt(
                $"{path}/lastGood",
                "Last-good responses are kept and never given. Write the step \"lastGood\" under \"fallback\", or remove this key.");
        }

        if (route.Stream is not null)
        {
            reader.WarningAt(
                $"{path}/lastGood",
                "Event streams are never kept as last-good responses. Remove \"lastGood\" from this route, or \"stream\".");
        }

        var namesCookies = lastGood.Key.Any(part => part.Kind is KeyPartKind.Cookie);
        if (!lastGood.IgnoreCookies && !namesCookies && !reader.IsWritten($"{path}/lastGood/cookies"))
        {
            reader.WarningAt(
                $"{path}/lastGood",
                $"Requests with cookies neither fill nor get the last-good responses of \"{route.Name}\", and browsers send cookies "
                    + $"wherever one is set. Write \"cookies: ignore\" if responses do not depend on them, or \"cookies: refuse\" if that "
                    + $"is meant.");
        }
    }

    private static void After(TimeSpan after, RouteConfig route, GatewayConfig config, string at, Reader reader)
    {
        if (route.Stream is not null)
        {
            reader.ProblemAt(at, "Event streams are never kept, so that none can stand for a late one. Leave \"after\" out.");
        }
        else if (config.Clusters.FirstOrDefault(cluster => string.Equals(
            cluster.Name,
            route.Cluster,
            StringComparison.Ordinal)) is { } cluster && route.Overrides.Over(cluster).Timeouts.Total is var total && after >= total)
        {
            reader.ProblemAt(
                at,
                $"The request has ended by then, given after \"{DurationText.Format(after)}\" and a total of \"{DurationText.Format(total)}"
                    + $"\". Write a shorter one.");
        }
    }

    private static void FileOf(FileStep step, RouteConfig route, GatewayConfig config, string at, string path, Reader reader)
    {
        if (reader.IsWritten($"{at}/file"))
        {
            at += "/file";
        }

        if (!Directory.Exists(config.StaticFallback))
        {
            reader.ProblemAt(
                "staticFallback",
                $"The folder of the files that steps name does not exist, given {Reader.Quote(config.StaticFallback)}. Make it, or write "
                    + $"another path; a relative one starts at the folder in which the gateway is started.");
            return;
        }

        var literal = step.File;
        var brace = literal.AsSpan().IndexOfAny('{', '}');
        if (brace < 0)
        {
            var file = Path.Combine(config.StaticFallback, literal);
            if (File.Exists(file))
            {
                return;
            }

            reader.ProblemAt(at, Directory.Exists(file)
                ? $"This is a folder, given {Reader.Quote(literal)}. Write the path of a file in it."
                : $"The file does not exist, given {Reader.Quote(literal)} below {Reader.Quote(config.StaticFallback)}. Put it there, or "
                    + $"write another path.", "staticFallback");
            return;
        }

        Names(step, route, at, path, reader);

        var slash = literal.LastIndexOf('/', brace);
        var folder = slash < 0 ? config.StaticFallback : Path.Combine(config.StaticFallback, literal[..slash]);
        if (!Directory.Exists(folder))
        {
            reader.ProblemAt(
                at,
                $"The folder does not exist, given {Reader.Quote(literal)} below {Reader.Quote(config.StaticFallback)}. Make it, or write "
                    + $"another path.",
                "staticFallback");
        }
    }

    /// <summary>Every <c>{name}</c> must be a value of the route's pattern.</summary>
    private static void Names(FileStep step, RouteConfig route, string at, string path, Reader reader)
    {
        IReadOnlyList<RoutePatternParameterPart> parameters;
        try
        {
            parameters = RoutePatternFactory.Parse(route.Path).Parameters;
        }
        catch (RoutePatternException)
        {
            return; // The pattern's own problem was noted; without a pattern no name can be judged.
        }

        var rest = step.File;
        while (true)
        {
            var open = rest.IndexOf('{', StringComparison.Ordinal);
            var close = rest.IndexOf('}', StringComparison.Ordinal);
            if (open < 0 && close < 0)
            {
                return;
            }

            if (open < 0 || close < open)
            {
                reader.ProblemAt(
                    at,
                    $"The braces do not match, given {Reader.Quote(step.File)}. Write each value of the route as {{name}}, and of the "
                        + $"query as {{query:NAME}}.");
                return;
            }

            var name = rest[(open + 1)..close];
            rest = rest[(close + 1)..];
            if (name.StartsWith("query:", StringComparison.Ordinal))
            {
                continue;
            }

            var parameter = parameters.FirstOrDefault(parameter => string.Equals(parameter.Name, name, StringComparison.OrdinalIgnoreCase));
            if (parameter is null)
            {
                var names = parameters.Select(known => known.Name).ToList();
                reader.ProblemAt(
                    at,
                    $"The route has no such value, given {Reader.Quote($"{{{name}}}")} with the path {Reader.Quote(route.Path)}. Write "
                        + $"{(names.Count == 0
                            ? "a value into the path, or a file without one"
                            : $"one of these: {string.Join(", ", names.Select(known => $"{{{known}}}"))}")}.",
                    $"{path}/match/path");
            }
            else if (parameter.IsCatchAll)
            {
                reader.WarningAt(
                    at,
                    $"A value that may contain slashes gives a file only when it has none, given {Reader.Quote($"{{{name}}}")}. Add a step "
                        + $"without it.");
            }
        }
    }
}
