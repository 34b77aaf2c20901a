using System.Collections.Immutable;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Makes clusters of <c>backend</c> and <c>listen</c> sections.</summary>
internal sealed class HaProxyBackends(Draft draft, ImmutableArray<HaProxySection> sections)
{
    private readonly Dictionary<DraftCluster, HaProxySection> _sections = [];
    private readonly Dictionary<string, DraftCluster> _clusters = new(StringComparer.Ordinal);

    /// <summary>The cluster of a backend, made at its first use; null: there is no such backend.</summary>
    /// <param name="name">The backend's name.</param>
    /// <param name="by">The line that names it; null: its own section does.</param>
    public DraftCluster? Of(string name, HaProxyLine? by)
    {
        if (_clusters.TryGetValue(name, out var known))
        {
            return known;
        }

        if (sections.FirstOrDefault(one => one.Kind is "backend" or "listen"
            && string.Equals(one.Name, name, StringComparison.Ordinal)) is not { } section)
        {
            if (by is not null)
            {
                draft.Note(
                    by.At,
                    by.ToString(),
                    "There is no such backend in this file",
                    "Migrate the file that has it, or write the cluster");
            }

            return null;
        }

        var servers = section.Own.Where(static line => line.Name is "server" or "server-template").ToList();
        if (servers.Count == 0)
        {
            if (by is not null)
            {
                draft.Note(by.At, by.ToString(), "The backend has no server", "Write a cluster with its destinations and a route to it");
            }

            return null;
        }

        var cluster = draft.AddCluster(name, section.At);
        _clusters.Add(name, cluster);
        _sections.Add(cluster, section);
        cluster.Comments.Add($"{section.Kind} {name} ({section.At.Short})");
        var usual = section.Inherited
            .Concat(section.Own)
            .Where(static line => line.Name is "default-server")
            .SelectMany(static line => line.Words.Skip(1))
            .ToList();
        foreach (var server in servers)
        {
            HaProxyServer.Add(draft, cluster, server, usual);
        }

        Balance(cluster, section);
        HaProxyProbe.Apply(draft, cluster, section, servers, usual);
        Times(cluster, section);
        Retries(cluster, section);
        return cluster;
    }

    /// <summary>Backends that nothing uses.</summary>
    public void NoteUnused()
    {
        foreach (var section in sections.Where(one => one.Kind is "backend" && !_clusters.ContainsKey(one.Name)))
        {
            draft.Note(
                section.At,
                $"backend {section.Name}",
                "No route that was carried over leads to it",
                "Write a cluster and a route if it is in use");
        }
    }

    /// <summary>The section that a cluster was made of; null: none was.</summary>
    public HaProxySection? SectionOf(DraftCluster? cluster) => cluster is null ? null : _sections.GetValueOrDefault(cluster);

    private void Balance(DraftCluster cluster, HaProxySection section)
    {
        var balance = section.Last("balance");
        switch (balance?[1])
        {
            case null or "roundrobin" or "static-rr":
                cluster.Balance = "roundRobin";
                break;
            case "leastconn":
                cluster.Balance = "leastRequests";
                break;
            case "random" or "random(2)":
                cluster.Balance = "powerOfTwo";
                break;
            case "random(1)":
                cluster.Balance = "random";
                break;
            case var hashed when hashed.StartsWith("hdr(", StringComparison.Ordinal):
                cluster.Affinity = ("header", hashed[4..].Split(')', ',')[0]);
                break;
            default:
                draft.Note(
                    balance.At,
                    balance.ToString(),
                    "Affinity goes by a header or a cookie",
                    "Write affinity: { cookie: NAME } with the cookie of the session, if the service needs it");
                break;
        }

        foreach (var stick in section.Own.Where(static line => line.Name is "stick" or "cookie"))
        {
            Affinity(cluster, stick);
        }
    }

    private void Affinity(DraftCluster cluster, HaProxyLine line)
    {
        var fetch = line.Name is "stick" ? line.After("on") ?? line.After("match") ?? "" : "";
        var open = fetch.IndexOf('(', StringComparison.Ordinal);
        var argument = open < 0 ? "" : fetch[(open + 1)..].Split(')', ',')[0];
        if (line.Name is "cookie")
        {
            cluster.Affinity = ("cookie", line[1]);
        }
        else if (fetch.Contains("cook(", StringComparison.Ordinal))
        {
            cluster.Affinity = ("cookie", argument);
        }
        else if (fetch.Contains("hdr(", StringComparison.Ordinal))
        {
            cluster.Affinity = ("header", argument);
        }
        else
        {
            draft.Note(
                line.At,
                line.ToString(),
                "Affinity goes by a header or a cookie",
                "Write affinity: { cookie: NAME } with the cookie of the session, if the service needs it");
            return;
        }

        if (line.Name is "cookie" && (line.Has("insert") || line.Has("rewrite")))
        {
            draft.Note(
                line.At,
                line.ToString(),
                "The gateway sets no cookie of its own",
                "Affinity follows this cookie as soon as the service sets it; write the name of a cookie that it sets");
        }
    }

    private static void Times(DraftCluster cluster, HaProxySection section)
    {
        cluster.Timeouts.Connect = HaProxyValues.Time(section.Last("timeout", "connect")?[2]);
        if (HaProxyValues.Time(section.Last("timeout", "server")?[2]) is not { } server)
        {
            return;
        }

        cluster.Timeouts.FirstByte = server;
        cluster.Timeouts.Idle = server;
    }

    private void Retries(DraftCluster cluster, HaProxySection section)
    {
        if (HaProxyValues.Whole(section.Last("retries")?[1]) is { } retries)
        {
            cluster.MostAttempts = Math.Min(retries + 1, 10);
        }

        if (section.Last("retry-on") is not { } on)
        {
            return;
        }

        var reasons = new List<string>();
        foreach (var word in on.Words.Skip(1))
        {
            switch (word)
            {
                case "none":
                    cluster.MostAttempts = 1;
                    return;
                case "all-retryable-errors":
                    reasons.AddRange("connect", "reset", "timeout", "truncated", "500", "502", "503", "504");
                    break;
                case "conn-failure":
                    reasons.Add("connect");
                    break;
                case "empty-response" or "junk-response":
                    reasons.AddRange("reset", "truncated");
                    break;
                case "response-timeout":
                    reasons.Add("timeout");
                    break;
                case "0rtt-rejected":
                    break;
                case "500" or "501" or "502" or "503" or "504" or "429":
                    reasons.Add(word);
                    break;
                default:
                    draft.Note(on.At, $"retry-on {word}", "A client's mistake is the same at every destination", "Leave it out");
                    break;
            }
        }

        if (reasons.Count > 0)
        {
            cluster.Attempts["retryOn"] = Flow.List(reasons.Distinct(StringComparer.Ordinal));
        }
    }
}
