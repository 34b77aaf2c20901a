using System.Collections.Immutable;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Configuration.Routing;

/// <summary>
/// A value of a route that fills a whole segment of the path, or the rest of it: it can be taken from the path as the client wrote it.
/// </summary>
/// <param name="Name">As in the pattern.</param>
/// <param name="Segment">The segment's number, from 0.</param>
/// <param name="TakesRest">The value is the rest of the path, slashes included.</param>
/// <param name="Default">The value where the path ends before it.</param>
internal sealed record PathParameter(string Name, int Segment, bool TakesRest, string Default);

/// <summary>Finds those values of a pattern.</summary>
internal static class PathParameters
{
    /// <summary>The values that fill whole segments.</summary>
    public static ImmutableArray<PathParameter> Of(RoutePattern pattern)
    {
        var found = ImmutableArray.CreateBuilder<PathParameter>();
        for (var i = 0; i < pattern.PathSegments.Count; i++)
        {
            if (pattern.PathSegments[i].Parts is [RoutePatternParameterPart parameter])
            {
                found.Add(new PathParameter(
                    parameter.Name,
                    i,
                    parameter.IsCatchAll,
                    parameter.Default is { } value ? Uri.EscapeDataString(value.ToString() ?? "") : ""));
            }
        }

        return found.ToImmutable();
    }
}
