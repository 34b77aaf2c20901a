using System.Net;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Makes listeners of the <c>bind</c> lines of a section.</summary>
internal sealed class HaProxyBinds(Draft draft, HaProxySection section)
{
    /// <summary>All of them.</summary>
    /// <param name="leadsToHttps">Requests in clear are sent to https: their listeners are left out.</param>
    public void Run(bool leadsToHttps)
    {
        var binds = section.All("bind").ToList();
        var dropsPlain = leadsToHttps && binds.Exists(static bind => bind.Has("ssl"));
        foreach (var bind in binds)
        {
            if (dropsPlain && !bind.Has("ssl"))
            {
                draft.Note(
                    bind.At,
                    bind.ToString(),
                    "Routes are for all listeners, so that one port cannot redirect to another",
                    "Let the balancer redirect, or run a second gateway on this port with a route that has redirect: { to: "
                        + "\"https://{host}{path}\" }");
                continue;
            }

            foreach (var address in bind[1].Split(',').Take(100))
            {
                Bind(bind, address);
            }
        }
    }

    private void Bind(HaProxyLine bind, string address)
    {
        address = address.Replace("ipv4@", "", StringComparison.Ordinal).Replace("ipv6@", "", StringComparison.Ordinal);
        var colon = address.LastIndexOf(':');
        var (host, port) = colon < 0 ? ("", "") : (address[..colon], address[(colon + 1)..]);
        if (host is "" or "*" or "0.0.0.0" or "::" or "[::]")
        {
            host = "*";
        }
        else if (IPAddress.TryParse(host, out var ip) && ip.GetAddressBytes().Length == 16)
        {
            host = $"[{host.Trim('[', ']')}]";
        }

        if ((host is not ("*" or "localhost") && !IPAddress.TryParse(host.Trim('[', ']'), out _))
            || HaProxyValues.Whole(port) is not (> 0 and < 65536))
        {
            draft.Note(
                bind.At,
                bind.ToString(),
                "A listener needs an IP address, localhost or *, and one port",
                "Write one under \"listen\"");
            return;
        }

        var url = $"{(bind.Has("ssl") ? "https" : "http")}://{host}:{port}";
        if (draft.Listens.Exists(known => string.Equals(known.Name, url, StringComparison.Ordinal)))
        {
            return;
        }

        var listen = new DraftListen(url, bind.At) { ProxyProtocol = bind.Has("accept-proxy") };
        // HAProxy keeps certificate and key in one file.
        if (bind.After("crt") is { } file)
        {
            listen.Certificate = (file, file);
        }

        if (bind.Words.Count(static word => word is "crt") > 1 || bind.Has("crt-list"))
        {
            draft.Note(bind.At, bind.ToString(), "A listener has one certificate", "Use one for all names of the port");
        }

        if (bind.Has("ca-file") || bind.After("verify") is "required" or "optional")
        {
            draft.Note(
                bind.At,
                bind.ToString(),
                "Certificates of clients are not asked for, so that the listener is left out",
                "See docs/http.md for TLS, and put the listener in once its clients are known otherwise");
            listen.Refused = "Certificates of clients were asked for here";
        }

        draft.Listens.Add(listen);
    }
}
