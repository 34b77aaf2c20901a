using Gateway.Configuration.Model;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Gives a request the path that its route's destinations are asked for (<c>rewrite</c>). Escapes stay as the client wrote
/// them, and so does the query.
/// </summary>
internal sealed class TargetRewrite
{
    private readonly string[] _strip;
    private readonly string _prefix;
    private readonly RouteTemplate? _path;

    private TargetRewrite(RewriteConfig rewrite, RouteConfig route)
    {
        _strip = rewrite.StripPrefix?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];
        _prefix = rewrite.Prefix ?? "";
        _path = rewrite.Path is null ? null : RouteTemplate.Of(rewrite.Path, route);
    }

    /// <summary>The rewriting of a route; null: it has none.</summary>
    public static TargetRewrite? Of(RouteConfig route) => route.Rewrite is null ? null : new TargetRewrite(route.Rewrite, route);

    /// <summary>The target for destinations.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Its target, with dot segments resolved.</param>
    /// <exception cref="BadHttpRequestException">What the client wrote would make a dot segment beside other text of the path.</exception>
    public string Apply(HttpContext context, string target)
    {
        var path = PathText.Of(target);
        var query = target.AsSpan(path.Length);
        var rewritten = _path is not null ? _path.For(context, target, []) : string.Concat(_prefix, Stripped(path));
        if (rewritten.Length == 0)
        {
            rewritten = "/";
        }

        if (ClimbsOut(rewritten))
        {
            throw new BadHttpRequestException(
                "The path cannot be rewritten: it would lead out of the part that it may name.",
                StatusCodes.Status400BadRequest);
        }

        return string.Concat(rewritten, query);
    }

    /// <summary>
    /// True: a dot segment, also one that only a destination sees which takes an escaped slash or a backslash for a separator. A new
    /// prefix must not be left that way.
    /// </summary>
    private static bool ClimbsOut(string path) => RequestTarget.HasDotSegment(path)
        || (path.AsSpan().IndexOfAny('%', '\\') >= 0
            && RequestTarget.HasDotSegment(path.Replace("%2f", "/", StringComparison.OrdinalIgnoreCase)
                .Replace("%5c", "/", StringComparison.OrdinalIgnoreCase)
                .Replace('\\', '/')));

    /// <summary>The path without the prefix, or as it is where the prefix does not stand.</summary>
    private ReadOnlySpan<char> Stripped(ReadOnlySpan<char> path)
    {
        var rest = path;
        foreach (var segment in _strip)
        {
            var own = PathText.Segment(rest, 0);
            if (!IsSame(own, segment))
            {
                return path;
            }

            rest = rest[(own.Length + 1)..];
        }

        // "/api" leaves the root, which a prefix stands for as well.
        return rest.IsEmpty && _prefix.Length == 0 ? "/" : rest;
    }

    private static bool IsSame(ReadOnlySpan<char> written, string segment) =>
        written.Contains('%')
            ? string.Equals(Uri.UnescapeDataString(written.ToString()), segment, StringComparison.OrdinalIgnoreCase)
            : written.Equals(segment, StringComparison.OrdinalIgnoreCase);
}
