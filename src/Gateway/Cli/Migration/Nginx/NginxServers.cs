using System.Collections.Immutable;
using Gateway.Configuration.Routing;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Makes listeners and routes of <c>server</c> blocks.</summary>
internal sealed class NginxServers(Draft draft, NginxScope http)
{
    private readonly NginxListens _listens = new(draft);

    /// <summary>All of them.</summary>
    public void Run()
    {
        var upstreams = new NginxUpstreams(draft, [.. http.Block.All("upstream")]);
        var servers = http.Block.All("server").Select(Read).ToList();
        var hasTls = servers.Exists(static server => server.Listens.Any(static listen => listen.IsTls));
        var dropped = servers.Where(server => hasTls
            && !server.Listens.Any(static listen => listen.IsTls)
            && NginxRedirects.LeadsToHttps(server.Scope)).ToList();
        foreach (var server in dropped)
        {
            var block = server.Scope.Block;
            draft.Note(
                block.At,
                $"{block} (redirect to https)",
                "Routes are for all listeners, so that one port cannot redirect to another",
                "Let the balancer redirect, or run a second gateway on this port with a route that has redirect: { to: "
                    + "\"https://{host}{path}\" }");
        }

        var kept = servers.Except(dropped).ToList();
        var byDefault = DefaultOf(kept);
        foreach (var server in kept)
        {
            foreach (var (directive, address, isTls) in server.Listens)
            {
                _listens.Add(server.Scope, directive, address, isTls);
            }

            var hosts = ReferenceEquals(server, byDefault) ? [] : Hosts(server);
            if (hosts is null)
            {
                continue;
            }

            var locations = new NginxLocations(
                draft,
                upstreams,
                server.Names.FirstOrDefault(static name => name is not ("_" or "")) ?? "",
                hosts);
            var names = string.Join(' ', server.Names.Prepend("server").Where(static name => name.Length > 0));
            var others = ReferenceEquals(server, byDefault) && server.Names.Any(static name => name is not ("_" or ""))
                ? ": also for hosts that no server names"
                : "";
            locations.Comment = $"{names} ({server.Scope.Block.At.Short}){others}";
            locations.Server(server.Scope);
        }

        upstreams.NoteUnused();
    }

    private Server Read(NginxDirective block)
    {
        var scope = new NginxScope(block, http);
        var sslOn = scope.Find("ssl") is { First: "on" };
        var listens = ImmutableArray.CreateBuilder<(NginxDirective, string, bool)>();
        foreach (var listen in block.All("listen").DefaultIfEmpty(new NginxDirective("listen", ["80"], block.At, null)))
        {
            if (_listens.Of(listen, sslOn) is { } known)
            {
                listens.Add((listen, known.Address, known.IsTls));
            }
        }

        return new Server(scope, listens.ToImmutable(), [.. block.All("server_name").SelectMany(static one => one.Arguments)]);
    }

    /// <summary>The server that takes hosts that no server names: the first one that is the default of a listener.</summary>
    private Server? DefaultOf(List<Server> servers)
    {
        var defaults = new List<Server>();
        foreach (var address in servers.SelectMany(static server => server.Listens)
            .Select(static listen => listen.Address)
            .Distinct(StringComparer.Ordinal))
        {
            var here =
                servers.Where(server => server.Listens.Any(listen => string.Equals(
                    listen.Address,
                    address,
                    StringComparison.Ordinal))).ToList();
            var said = here.Find(server => server.Listens.Any(listen => string.Equals(listen.Address, address, StringComparison.Ordinal)
                && listen.Directive.Arguments.Any(static one => one is "default_server" or "default")));
            defaults.Add(said ?? here[0]);
        }

        foreach (var other in defaults.Skip(1).Where(other => !ReferenceEquals(other, defaults[0])).Distinct())
        {
            draft.Note(
                other.Scope.Block.At,
                other.Scope.Block.ToString(),
                "Routes do not tell ports apart: hosts that no server names go where those of the first port go",
                "Its routes are for its own names alone; give other hosts a route of their own");
        }

        return defaults.FirstOrDefault();
    }

    /// <summary>The hosts of its routes; null: none of its names can be written.</summary>
    private List<string>? Hosts(Server server)
    {
        var hosts = new List<string>();
        foreach (var name in server.Names)
        {
            if (name is "_" or "")
            {
                continue;
            }

            if (name.StartsWith('.'))
            {
                hosts.AddRange(name[1..], "*" + name);
            }
            else
            {
                hosts.Add(name.ToLowerInvariant());
            }
        }

        foreach (var bad in hosts.Where(static name => !HostName.IsPattern(name)).ToList())
        {
            hosts.Remove(bad);
            draft.Note(
                server.Scope.Block.At,
                $"server_name {bad}",
                "A host is a name, or * before all of it",
                "Write match.host with the names, or \"*.\" and what they end in");
        }

        if (hosts.Count > 0)
        {
            return [.. hosts.Distinct(StringComparer.Ordinal).Take(100)];
        }

        draft.Note(
            server.Scope.Block.At,
            server.Scope.Block.ToString(),
            "No name of this server can be a host of a route",
            "Write its routes with match.host");
        return null;
    }

    /// <summary>One block as it was read.</summary>
    private sealed record Server(
        NginxScope Scope,
        ImmutableArray<(NginxDirective Directive, string Address, bool IsTls)> Listens,
        ImmutableArray<string> Names);
}
