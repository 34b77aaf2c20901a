namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Changes of messages by <c>http-request</c> and <c>http-response</c>.</summary>
internal static class HaProxyHeaders
{
    /// <summary>Applies those of a section to a route that goes through it.</summary>
    public static void Apply(Draft draft, DraftRoute route, HaProxySection section)
    {
        foreach (var line in section.All("http-request").Concat(section.All("http-response")))
        {
            if (line[1] is "set-header" or "add-header" or "del-header")
            {
                Header(draft, route, line);
            }
            else if (line[1] is "auth")
            {
                Close(route, line);
            }
            else if (line[1] is "replace-path" or "set-path" && route.Redirect is null)
            {
                Path(draft, route, line);
            }
        }
    }

    /// <summary>A guard that is not carried over closes the route.</summary>
    private static void Close(DraftRoute route, HaProxyLine line)
    {
        if (!route.IsForbidden)
        {
            route.Comments.Add($"Closed until you decide who may ask: {line} ({line.At.Short}) is not carried over.");
        }

        route.IsForbidden = true;
    }

    private static void Header(Draft draft, DraftRoute route, HaProxyLine line)
    {
        var name = line[2];
        var isRequest = line.Name is "http-request";
        if (isRequest
            && name.ToLowerInvariant() is "x-forwarded-for" or "x-forwarded-proto" or "x-forwarded-host"
                or "x-forwarded-port" or "forwarded" or "x-request-id")
        {
            return;
        }

        if (line.Has("if") || line.Has("unless"))
        {
            draft.Note(
                line.At,
                line.ToString(),
                "Headers are changed for a whole route",
                "Write a route for the condition, with headers of its own");
            return;
        }

        var changes = isRequest ? route.Request : route.Response;
        if (line[1] is "del-header")
        {
            changes.Remove.Add(name);
            return;
        }

        if (HaProxyValues.Text(line[3]) is not { } value)
        {
            draft.Note(
                line.At,
                line.ToString(),
                "A sample in the value has no counterpart",
                "Write it with {host}, {path}, {client} or a value of the route");
        }
        else if (isRequest && name.Equals("host", StringComparison.OrdinalIgnoreCase))
        {
            route.Host = value;
        }
        else if (line[1] is "add-header")
        {
            changes.Add.TryAdd(name, value);
        }
        else
        {
            changes.Set[name] = value;
        }
    }

    /// <summary><c>replace-path ^/api/(.*) /\1</c> as the exchange of one beginning for another.</summary>
    private static void Path(Draft draft, DraftRoute route, HaProxyLine line)
    {
        var (from, to) = (line[2].TrimStart('^').TrimEnd('$'), line[3]);
        string[] ends = ["/(.*)", "(/.*)?", "(/.*)"];
        var end = ends.FirstOrDefault(one => from.EndsWith(one, StringComparison.Ordinal));
        var begin = end is null ? "" : from[..^end.Length];
        var before = end is "/(.*)" ? "/\\1" : "\\1";
        if (line[1] is "set-path" || end is null || line.Has("if") || line.Has("unless") || !to.EndsWith(before, StringComparison.Ordinal)
            || !begin.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '-' or '_')
                || to[..^before.Length] is not ("" or ['/', ..]))
        {
            draft.Note(
                line.At,
                line.ToString(),
                "Only the exchange of one beginning of the path for another is carried over",
                "Write rewrite: { path: … } with values of the route");
            return;
        }

        if (begin.Length > 0)
        {
            route.Rewrite["stripPrefix"] = begin;
        }

        if (to[..^before.Length] is { Length: > 0 } prefix)
        {
            route.Rewrite["prefix"] = prefix;
        }
    }
}
