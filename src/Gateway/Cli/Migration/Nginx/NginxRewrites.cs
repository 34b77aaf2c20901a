namespace Gateway.Cli.Migration.Nginx;

/// <summary><c>rewrite</c> inside a location.</summary>
internal static class NginxRewrites
{
    /// <summary>Writes what can be written as <c>rewrite</c> of the route. True: it replaces the path of proxy_pass.</summary>
    public static bool Apply(Draft draft, DraftRoute route, SourcePath path, NginxScope scope)
    {
        var applied = false;
        foreach (var rewrite in scope.Block.All("rewrite"))
        {
            if (!applied && rewrite.Arguments is [var from, var to, "break" or "last"] && Prefixes(from, to) is { } prefixes && Fits(
                prefixes.From,
                path))
            {
                applied = true;
                if (prefixes.From.Length > 0)
                {
                    route.Rewrite["stripPrefix"] = prefixes.From;
                }

                if (prefixes.To.Length > 0)
                {
                    route.Rewrite["prefix"] = prefixes.To;
                }

                continue;
            }

            draft.Note(
                rewrite.At,
                rewrite.ToString(),
                "Only the exchange of one beginning of the path for another is carried over",
                "Write rewrite: { path: … } with values of the route, or a route with redirect");
        }

        return applied;
    }

    private static bool Fits(string from, SourcePath path) => path.Kind == SourcePathKind.Prefix && $"{path.Text.TrimEnd('/')}/".StartsWith(
        $"{from}/",
        StringComparison.Ordinal);

    /// <summary><c>^/api/(.*)$ /v1/$1</c> as <c>/api</c> and <c>/v1</c>.</summary>
    private static (string From, string To)? Prefixes(string from, string to)
    {
        string? rest = null;
        foreach (var end in (ReadOnlySpan<string>)["/(.*)$", "/(.*)", "/?(.*)$", "(/.*)$"])
        {
            if (!from.StartsWith('^') || !from.EndsWith(end, StringComparison.Ordinal))
            {
                continue;
            }

            rest = from[1..^end.Length];
            if (end is "(/.*)$" && to.EndsWith("$1", StringComparison.Ordinal) && !to.EndsWith("/$1", StringComparison.Ordinal))
            {
                to = to[..^2] + "/$1";
            }

            break;
        }

        return rest is not null && rest.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '-' or '_')
            && to.EndsWith("/$1", StringComparison.Ordinal)
                && to.StartsWith('/')
                && to.IndexOf('$', StringComparison.Ordinal) == to.Length - 2
            ? (rest, to[..^3])
            : null;
    }
}
