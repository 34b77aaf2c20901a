using System.Globalization;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Makes routes of the locations of one server.</summary>
internal sealed class NginxLocations(Draft draft, NginxUpstreams upstreams, string serverName, IReadOnlyList<string> hosts)
{
    private readonly NginxSettings _settings = new(draft);

    /// <summary>Stands above the first route.</summary>
    public string? Comment { get; set; }

    /// <summary>The routes of a server.</summary>
    public void Server(NginxScope server)
    {
        // What is rewritten or returned outside of locations goes before all of them.
        if (server.Block.Last("return") is { } returned)
        {
            Returned(new SourcePath(SourcePathKind.Prefix, "/"), server, returned);
            return;
        }

        foreach (var rewrite in server.Block.All("rewrite"))
        {
            ServerRewrite(server, rewrite);
        }

        foreach (var location in server.Block.All("location"))
        {
            Location(new NginxScope(location, server));
        }
    }

    private void Location(NginxScope location)
    {
        var path = SourcePath.Of(location.Block.Arguments);
        foreach (var inner in location.Block.All("location"))
        {
            Location(new NginxScope(inner, location));
        }

        if (location.Block.Last("internal") is not null)
        {
            return;
        }

        if (path.Kind == SourcePathKind.Named)
        {
            draft.Note(
                location.Block.At,
                location.Block.ToString(),
                "Named locations have no counterpart",
                "Write a fallback chain: lastGood, a file, or builtIn");
            return;
        }

        Narrower(location, path);
        if (location.Block.Last("return") is { } returned)
        {
            Returned(path, location, returned);
        }
        else if (location.Block.Last("proxy_pass") is { } pass)
        {
            Proxied(path, location, pass, "");
        }
        else if (location.Block.Last("grpc_pass") is { } grpc)
        {
            Proxied(
                path,
                location,
                grpc,
                grpc.First.StartsWith("grpcs://", StringComparison.Ordinal) ? "https" : "http");
        }
        else if (location.FindAll("allow", "deny") is [{ Name: "deny", First: "all" }, ..])
        {
            Forbidden(path, location);
        }
        else if (!location.Block.All("location").Any())
        {
            Unserved(location);
        }
    }

    private void Narrower(NginxScope location, SourcePath path)
    {
        if (path.Kind == SourcePathKind.Expression)
        {
            draft.Note(
                location.Block.At,
                location.Block.ToString(),
                "The most exact route wins here, so that a longer plain path goes before an expression",
                "See with \"gateway explain\" which requests it takes");
        }
        else if (path.EndsInsideASegment)
        {
            draft.Note(
                location.Block.At,
                location.Block.ToString(),
                $"A route takes whole segments: paths such as {path.Text}x are not its own",
                "Write a route for them if there are any");
        }
    }

    private void Unserved(NginxScope location)
    {
        var handler =
            location.Block.Inside.FirstOrDefault(static one =>
                one.Name is "fastcgi_pass" or "uwsgi_pass" or "scgi_pass" or "memcached_pass" or "stub_status");
        draft.Note(
            location.Block.At,
            location.Block.ToString(),
            handler is null ? "Files are not served, and the location asks no server" : $"{handler.Name} is not HTTP",
            "Requests go to the next less exact route; put a web server behind the gateway for these");
    }

    private DraftRoute Add(SourcePath path, NginxScope scope)
    {
        var place = path.Kind == SourcePathKind.Expression
            ? string.Concat(path.Text.Where(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '-' or '_'))
            : path.Text;
        var route = draft.AddRoute(
            place is "/" ? (serverName.Length == 0 ? "everything" : serverName) : $"{serverName}-{place}",
            scope.Block.At);
        if (Comment is { } comment)
        {
            route.Comments.Add(comment);
        }

        Comment = null;
        route.Path = path.Pattern;
        route.Hosts.AddRange(hosts);
        return route;
    }

    private void Returned(SourcePath path, NginxScope scope, NginxDirective returned)
    {
        if (NginxRedirects.Of(returned) is { } redirect)
        {
            var route = Add(path, scope);
            route.Redirect = redirect;
            _settings.OfResponses(route, scope);
        }
        else if (returned.First is "403" or "404" or "444" or "401" or "410")
        {
            Forbidden(path, scope);
            if (returned.First is not "403")
            {
                draft.Note(
                    returned.At,
                    returned.ToString(),
                    "The gateway answers 403 there",
                    "Leave it, or let a destination give the status");
            }
        }
        else
        {
            draft.Note(
                returned.At,
                returned.ToString(),
                "The gateway gives no responses of its own but redirects and refusals",
                "Let a destination respond, or write a fallback file");
        }
    }

    private void Forbidden(SourcePath path, NginxScope scope)
    {
        var route = Add(path, scope);
        route.IsForbidden = true;
        _settings.OfResponses(route, scope);
    }

    private void Proxied(SourcePath path, NginxScope scope, NginxDirective pass, string grpcScheme)
    {
        var target = scope.Fill(pass.First);
        if (grpcScheme.Length > 0)
        {
            target =
                $"{grpcScheme}://"
                    + $"{target.Replace("grpcs://", "", StringComparison.Ordinal).Replace("grpc://", "", StringComparison.Ordinal)}";
        }

        var scheme = target.StartsWith("https://", StringComparison.Ordinal)
            ? "https"
            : target.StartsWith("http://", StringComparison.Ordinal) ? "http"
            : null;
        if (scheme is null || target.StartsWith("http://unix:", StringComparison.Ordinal))
        {
            draft.Note(
                pass.At,
                pass.ToString(),
                "The address is known only to a running nginx, or is no HTTP address",
                "Write a cluster with its destinations and a route to it");
            return;
        }

        var rest = target[(scheme.Length + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (authority, uri) = slash < 0 ? (rest, null) : (rest[..slash], rest[slash..]);
        if (authority.Contains('$', StringComparison.Ordinal))
        {
            draft.Note(
                pass.At,
                pass.ToString(),
                "The address is made of variables that only a running nginx knows",
                "Write a cluster with its destinations and a route to it");
            return;
        }

        var cluster = upstreams.Of(scheme, authority, pass.At);
        var route = Add(path, scope);
        route.Cluster = cluster;
        if (!NginxRewrites.Apply(draft, route, path, scope) && uri is not null)
        {
            Replaced(route, path, pass, uri);
        }

        _settings.OfCluster(cluster, scope);
        _settings.OfRequests(route, scope);
        _settings.OfResponses(route, scope);
    }

    /// <summary>With a path in proxy_pass, that path stands for what the location has matched.</summary>
    private void Replaced(DraftRoute route, SourcePath path, NginxDirective pass, string uri)
    {
        if (uri.Contains('$', StringComparison.Ordinal) || uri.Contains('?', StringComparison.Ordinal))
        {
            // nginx asks for $request_uri as it came, which is what happens anyway.
            if (uri is "$request_uri" or "/$request_uri")
            {
                return;
            }

            draft.Note(
                pass.At,
                pass.ToString(),
                "The path is made of variables or has a query",
                "Write rewrite: { path: … } with values of the route");
            return;
        }

        if (path.Kind == SourcePathKind.Exact)
        {
            route.Rewrite["path"] = uri.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
            return;
        }

        var (matched, instead) = (path.Text.TrimEnd('/'), uri.TrimEnd('/'));
        if (matched.Length > 0 && !string.Equals(matched, instead, StringComparison.Ordinal))
        {
            route.Rewrite["stripPrefix"] = matched;
        }

        if (instead.Length > 0 && !string.Equals(matched, instead, StringComparison.Ordinal))
        {
            route.Rewrite["prefix"] = instead;
        }

        if (path.Text.EndsWith('/') != uri.EndsWith('/'))
        {
            draft.Note(
                pass.At,
                pass.ToString(),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"nginx puts \"{uri}\" in place of \"{path.Text}\" letter by letter, so that {path.Text}"
                        + $"{(path.Text.EndsWith('/') ? "a" : "/a")} becomes {uri}{(path.Text.EndsWith('/') ? "a" : "/a")}"),
                "The gateway keeps one slash between the two, which was probably meant");
        }
    }

    private void ServerRewrite(NginxScope server, NginxDirective rewrite)
    {
        if (rewrite.Arguments is [var from, var to, "permanent" or "redirect"] && NginxRedirects.To(to) is { } address && !to.Contains(
            "$1",
            StringComparison.Ordinal))
        {
            var expression = from is "^" or "^/" or ".*" or "^(.*)$" or "^/(.*)$" ? null : from;
            var route = Add(
                expression is null ? new SourcePath(SourcePathKind.Prefix, "/") : new SourcePath(SourcePathKind.Expression, expression),
                server);
            route.Redirect = (address, rewrite.Arguments[2] is "permanent" ? 301 : 302);
            return;
        }

        draft.Note(
            rewrite.At,
            rewrite.ToString(),
            "Only redirects without groups are carried over outside of locations",
            "Write a route with redirect or rewrite");
    }
}
