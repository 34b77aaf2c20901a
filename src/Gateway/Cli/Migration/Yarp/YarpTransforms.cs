namespace Gateway.Cli.Migration.Yarp;

/// <summary>Transforms of a route.</summary>
internal static class YarpTransforms
{
    /// <summary>Applies one, or notes that it has no counterpart.</summary>
    public static void Apply(Draft draft, DraftRoute route, YarpNode transform)
    {
        var first = transform.Items.FirstOrDefault();
        if (first is null)
        {
            return;
        }

        var value = first.Text ?? "";
        switch (first.Key.ToLowerInvariant())
        {
            case "pathprefix":
                route.Rewrite["prefix"] = value.TrimEnd('/');
                break;
            case "pathremoveprefix":
                route.Rewrite["stripPrefix"] = value.TrimEnd('/');
                break;
            case "pathset":
                route.Rewrite["path"] = value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
                break;
            case "pathpattern":
                route.Rewrite["path"] = (value.StartsWith('/') ? value : "/" + value).Replace("{**", "{", StringComparison.Ordinal).Replace(
                    "{*",
                    "{",
                    StringComparison.Ordinal);
                break;
            case "requestheader" or "responseheader" or "requestheaderroutevalue":
                Header(draft, route, transform, first);
                break;
            case "requestheaderremove":
                route.Request.Remove.Add(value);
                break;
            case "responseheaderremove":
                route.Response.Remove.Add(value);
                break;
            case "requestheaderoriginalhost":
                if (value.Equals("true", StringComparison.OrdinalIgnoreCase))
                {
                    route.Host = "keep";
                }

                break;
            case "x-forwarded" or "forwarded" or "x-forwarded-for" or "x-forwarded-host" or "x-forwarded-proto" or "x-forwarded-prefix":
                // The gateway writes them by itself.
                break;
            default:
                draft.Note(
                    first.At,
                    first.ToString(),
                    "The transform has no counterpart",
                    "Write rewrite or headers on the route; see docs/routing.md");
                break;
        }
    }

    private static void Header(Draft draft, DraftRoute route, YarpNode transform, YarpNode first)
    {
        var (name, set, append) = (first.Text ?? "", transform.TextOf("Set"), transform.TextOf("Append"));
        if (name.ToLowerInvariant() is "x-forwarded-for" or "x-forwarded-proto" or "x-forwarded-host" or "forwarded")
        {
            return;
        }

        var isRequest = !first.Key.Equals("ResponseHeader", StringComparison.OrdinalIgnoreCase);
        var isRouteValue = first.Key.Equals("RequestHeaderRouteValue", StringComparison.OrdinalIgnoreCase);
        var given = set ?? append ?? "";
        var text = isRouteValue ? $"{{{given}}}" : given.Replace("{", "{{", StringComparison.Ordinal).Replace(
            "}",
            "}}",
            StringComparison.Ordinal);
        if (isRequest && name.Equals("host", StringComparison.OrdinalIgnoreCase))
        {
            route.Host = text;
            return;
        }

        var changes = isRequest ? route.Request : route.Response;
        if (set is not null)
        {
            changes.Set[name] = text;
        }
        else if (append is not null)
        {
            changes.Add.TryAdd(name, text);
        }
        else
        {
            draft.Note(first.At, first.ToString(), "The transform says neither Set nor Append", "Write headers on the route");
        }
    }
}
