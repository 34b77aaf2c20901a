namespace Gateway.Cli.Migration.HaProxy;

/// <summary>A <c>server</c> line as a destination.</summary>
internal static class HaProxyServer
{
    /// <summary>Adds it to its cluster.</summary>
    /// <param name="draft">Takes the notes.</param>
    /// <param name="cluster">Its cluster.</param>
    /// <param name="server">The line.</param>
    /// <param name="usual">The words of <c>default-server</c>.</param>
    public static void Add(Draft draft, DraftCluster cluster, HaProxyLine server, IReadOnlyList<string> usual)
    {
        var isTemplate = server.Name is "server-template";
        var (name, address) = (server[1], isTemplate ? server[3] : server[2]);
        var options = new HaProxyLine([.. usual, .. server.Words.Skip(isTemplate ? 4 : 3), ""], server.At);
        if (address.StartsWith('/') || address.Contains('@', StringComparison.Ordinal) || address.Length == 0)
        {
            draft.Note(server.At, server.ToString(), "A destination needs a host and a port", "Write http://HOST:PORT");
            return;
        }

        if (options.Has("disabled") || options.After("weight") is "0")
        {
            draft.Note(
                server.At,
                server.ToString(),
                "The server takes no requests",
                "Add it to the destinations when it serves again, or keep it in and use \"gateway drain\"");
            return;
        }

        var scheme = options.Has("ssl") ? "https" : "http";
        if (!address.Contains(':', StringComparison.Ordinal))
        {
            address += scheme is "https" ? ":443" : ":80";
        }

        var resolves = (isTemplate || options.Has("resolvers")) && !System.Net.IPAddress.TryParse(address.Split(':')[0], out _);
        var most = HaProxyValues.Whole(Last(options, "maxconn")) is > 0 and var requests ? requests : (int?)null;
        var destination = new DraftDestination(
            $"{(resolves ? "dns+" : "")}{scheme}://{address}",
            HaProxyValues.Whole(Last(options, "weight")) ?? 1,
            isTemplate ? null : Names.Of(name, "server"),
            most);
        (options.Has("backup") ? cluster.Standby : cluster.Primary).Add(destination);
        Notes(draft, server, options);
    }

    /// <summary>The value of an option where the last one counts: a server's own stands behind the usual one.</summary>
    public static string? Last(HaProxyLine options, string word)
    {
        for (var i = options.Words.Length - 2; i >= 0; i--)
        {
            if (string.Equals(options.Words[i], word, StringComparison.Ordinal))
            {
                return options.Words[i + 1];
            }
        }

        return null;
    }

    private static void Notes(Draft draft, HaProxyLine server, HaProxyLine options)
    {
        if (options.Has("send-proxy") || options.Has("send-proxy-v2"))
        {
            draft.Note(
                server.At,
                server.ToString(),
                "Destinations are not sent the PROXY protocol",
                "Let the service read X-Forwarded-For");
        }
        if (options.After("verify") is "none")
        {
            draft.Note(
                server.At,
                server.ToString(),
                "The certificate of a destination is always checked",
                "Put its authority into the system's store; see docs/http.md");
        }
        else if (options.Has("ca-file") || options.Has("crt"))
        {
            draft.Note(
                server.At,
                server.ToString(),
                "The certificate of a destination is checked against the system's authorities, and the gateway shows none",
                "See docs/http.md for TLS to destinations");
        }

        if (options.Has("slowstart"))
        {
            draft.Note(
                server.At,
                server.ToString(),
                "Servers are not started slowly one by one",
                "The ramp of failback does it for a tier: see docs/failover.md");
        }
        if (options.Has("track") || options.Has("agent-check"))
        {
            draft.Note(
                server.At,
                server.ToString(),
                "Health comes from probes and requests of the destination itself",
                "See docs/health.md");
        }
    }
}
