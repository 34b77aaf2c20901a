using System.Globalization;
using System.Net;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Makes listeners of <c>listen</c> directives: one for each address and port, whichever servers share it.</summary>
internal sealed class NginxListens(Draft draft)
{
    /// <summary>An address as nginx means it; null: the gateway cannot listen there.</summary>
    public (string Address, bool IsTls)? Of(NginxDirective listen, bool sslOn)
    {
        var text = listen.First;
        var isTls = sslOn || listen.Arguments.Contains("ssl", StringComparer.Ordinal);
        if (listen.Arguments.Contains("quic", StringComparer.Ordinal))
        {
            draft.Note(
                listen.At,
                listen.ToString(),
                "QUIC is not carried over",
                "The TCP listener of the same port serves HTTP/1.1 and HTTP/2");
            return null;
        }

        var colon = text.EndsWith(']') ? -1 : text.LastIndexOf(':');
        var (host, port) = text.All(char.IsAsciiDigit) ? ("*", text) : colon < 0 ? (text, "80") : (text[..colon], text[(colon + 1)..]);
        if (host is "0.0.0.0" or "[::]" or "*")
        {
            host = "*";
        }

        var isAddress = host is "*" or "localhost" || IPAddress.TryParse(host.Trim('[', ']'), out _);
        if (isAddress && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
        {
            return ($"{host}:{port}", isTls);
        }

        draft.Note(
            listen.At,
            listen.ToString(),
            "A listener needs an IP address, localhost or *, and a port",
            "Write one under \"listen\"");
        return null;
    }

    /// <summary>Adds a listener, or what a further server says of one.</summary>
    public void Add(NginxScope server, NginxDirective listen, string address, bool isTls)
    {
        var url = $"{(isTls ? "https" : "http")}://{address}";
        var known = draft.Listens.Find(one => string.Equals(one.Name, url, StringComparison.Ordinal));
        var added = known ?? new DraftListen(url, listen.At);
        if (known is null)
        {
            draft.Listens.Add(added);
        }

        if (listen.Arguments.Contains("proxy_protocol", StringComparer.Ordinal))
        {
            added.ProxyProtocol = true;
        }

        if (!isTls)
        {
            return;
        }

        if (server.Find("ssl_certificate") is not { } file || server.Find("ssl_certificate_key") is not { } key)
        {
            draft.Note(
                listen.At,
                listen.ToString(),
                "No ssl_certificate and ssl_certificate_key hold for this server",
                "Write the certificate of the listener");
            return;
        }

        if (added.Certificate is null)
        {
            added.Certificate = (file.First, key.First);
        }
        else if (added.Certificate != (file.First, key.First))
        {
            draft.Note(
                file.At,
                file.ToString(),
                "A listener has one certificate",
                "Use one for all names of the port, or give this server a port of its own");
        }
    }
}
