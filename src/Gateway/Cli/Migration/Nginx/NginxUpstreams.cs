using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Values;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Makes clusters of <c>upstream</c> blocks and of addresses that <c>proxy_pass</c> names.</summary>
internal sealed class NginxUpstreams(Draft draft, ImmutableArray<NginxDirective> upstreams)
{
    private readonly Dictionary<string, DraftCluster> _clusters = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The cluster of a scheme and a name or address, made at its first use.</summary>
    public DraftCluster Of(string scheme, string authority, SourcePlace at)
    {
        var key = $"{scheme}://{authority}";
        if (_clusters.TryGetValue(key, out var known))
        {
            return known;
        }

        var upstream = upstreams.LastOrDefault(one => string.Equals(one.First, authority, StringComparison.OrdinalIgnoreCase));
        var cluster = draft.AddCluster(authority, upstream?.At ?? at);
        _clusters.Add(key, cluster);
        // nginx checks nothing by itself: any response counts.
        cluster.Probe.Add("path", "/");
        cluster.Probe.Add("expect", "{ status: 100-599 }");
        if (upstream is null)
        {
            cluster.Primary.Add(new DraftDestination($"{scheme}://{WithPort(authority, scheme)}"));
        }
        else
        {
            cluster.Comments.Add($"upstream {upstream.First} ({upstream.At.Short})");
            Fill(cluster, upstream, scheme);
        }

        cluster.Comments.Add(
            "Any response passes a probe, since nginx has no active checks. Write the path of a health page and what it answers.");
        return cluster;
    }

    /// <summary>Upstreams that nothing uses.</summary>
    public void NoteUnused()
    {
        foreach (var upstream in upstreams.Where(one => !_clusters.Keys.Any(key => key.EndsWith(
            $"://{one.First}",
            StringComparison.OrdinalIgnoreCase))))
        {
            draft.Note(
                upstream.At,
                upstream.ToString(),
                "No proxy_pass that was carried over names it",
                "Write a cluster and a route if it is in use");
        }
    }

    private static string WithPort(string authority, string scheme) =>
        authority.EndsWith(']') || !authority.Contains(':', StringComparison.Ordinal)
            ? $"{authority}:{(scheme is "https" ? "443" : "80")}"
            : authority;

    private void Fill(DraftCluster cluster, NginxDirective upstream, string scheme)
    {
        cluster.Balance = "roundRobin";
        foreach (var directive in upstream.Inside)
        {
            switch (directive.Name)
            {
                case "server":
                    Server(cluster, directive, scheme);
                    break;
                case "least_conn":
                    cluster.Balance = "leastRequests";
                    break;
                case "least_time":
                    cluster.Balance = "leastRequests";
                    draft.Note(
                        directive.At,
                        directive.ToString(),
                        "Response times do not balance in the same way",
                        "The cluster has balance: leastRequests instead");
                    break;
                case "random":
                    cluster.Balance = directive.First is "two" ? "powerOfTwo" : "random";
                    break;
                case "ip_hash":
                    draft.Note(
                        directive.At,
                        "ip_hash",
                        "Affinity goes by a header or a cookie, not by the client's address",
                        "Write affinity: { cookie: NAME } with the cookie of the session, if the service needs it");
                    break;
                case "hash":
                    Hash(cluster, directive);
                    break;
                case "sticky":
                    Sticky(cluster, directive);
                    break;
            }
        }
    }

    private void Server(DraftCluster cluster, NginxDirective server, string scheme)
    {
        if (server.First.StartsWith("unix:", StringComparison.Ordinal))
        {
            draft.Note(
                server.At,
                server.ToString(),
                "Destinations behind Unix sockets are not supported",
                "Let the service listen on a port and write http://HOST:PORT");
            return;
        }

        if (server.Arguments.Contains("down", StringComparer.Ordinal))
        {
            draft.Note(
                server.At,
                server.ToString(),
                "The server is marked down",
                "Add it to the destinations when it serves again, or keep it in and use \"gateway drain\"");
            return;
        }

        var weight = Whole(NginxValues.Argument(server, "weight")) ?? 1;
        var prefix = server.Arguments.Contains("resolve", StringComparer.Ordinal) ? "dns+" : "";
        var most = Whole(NginxValues.Argument(server, "max_conns")) is > 0 and var connections ? connections : (int?)null;
        var destination = new DraftDestination($"{prefix}{scheme}://{WithPort(server.First, scheme)}", weight, MostRequests: most);
        (server.Arguments.Contains("backup", StringComparer.Ordinal) ? cluster.Standby : cluster.Primary).Add(destination);
        if (weight > 1000)
        {
            draft.Note(server.At, server.ToString(), "A weight is at most 1000", "It is 1000 now: scale the weights of its neighbours");
        }

        if (most is not null)
        {
            draft.Note(
                server.At,
                server.ToString(),
                "Connections are limited by tier, and requests are counted instead",
                "The tier's capacity is the sum if each of its servers has max_conns; check it");
        }

        if (NginxValues.Argument(server, "slow_start") is not null)
        {
            draft.Note(
                server.At,
                server.ToString(),
                "Servers are not started slowly one by one",
                "The ramp of failback does it for a tier: see docs/failover.md");
        }

        Passive(cluster, server);
    }

    private void Passive(DraftCluster cluster, NginxDirective server)
    {
        if (NginxValues.Argument(server, "max_fails") is { } fails)
        {
            if (Whole(fails) is > 0 and <= 1000 and var count)
            {
                cluster.Passive["consecutiveFailures"] = count.ToString(CultureInfo.InvariantCulture);
            }
            else
            {
                draft.Note(
                    server.At,
                    server.ToString(),
                    "Requests always tell which destinations fail",
                    "Write passive: { consecutiveFailures: 1000, failureRatio: 100% } if they must not eject one");
            }
        }

        if (NginxValues.Argument(server, "fail_timeout") is { } text
            && NginxValues.Time(text) is { } time
            && time >= TimeSpan.FromMilliseconds(100))
        {
            var eject = time > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : time;
            cluster.Passive["ejectFor"] = DurationText.Format(eject);
            if (eject > TimeSpan.FromMinutes(5))
            {
                cluster.Passive["maxEjectFor"] = DurationText.Format(eject);
            }
        }
    }

    private void Hash(DraftCluster cluster, NginxDirective hash)
    {
        cluster.Affinity = hash.First switch
        {
            var key when key.StartsWith("$cookie_", StringComparison.Ordinal) => ("cookie", key[8..]),
            var key when key.StartsWith("$http_", StringComparison.Ordinal) => ("header", key[6..].Replace('_', '-')),
            _ => null,
        };
        if (cluster.Affinity is null)
        {
            draft.Note(
                hash.At,
                hash.ToString(),
                "Affinity goes by a header or a cookie",
                "Write affinity: { header: NAME } or { cookie: NAME }, if the service needs it");
        }
    }

    private void Sticky(DraftCluster cluster, NginxDirective sticky)
    {
        var (kind, name) = (sticky.First, sticky.Arguments.Length > 1 ? sticky.Arguments[1] : "");
        var cookie = kind is "cookie"
            ? name
            : sticky.Arguments.FirstOrDefault(static one => one.StartsWith("lookup=$cookie_", StringComparison.Ordinal))?[15..];
        if (cookie is { Length: > 0 })
        {
            cluster.Affinity = ("cookie", cookie);
        }

        draft.Note(
            sticky.At,
            sticky.ToString(),
            "The gateway sets no cookie of its own",
            cookie is { Length: > 0 }
                ? "Affinity follows this cookie as soon as the service sets it"
                : "Write affinity: { cookie: NAME } with a cookie that the service sets");
    }

    private static int? Whole(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
