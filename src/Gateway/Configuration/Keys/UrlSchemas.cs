using System.Globalization;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>URLs of ports, destinations and collectors, and networks.</summary>
internal static class UrlSchemas
{
    private const string ServiceScheme = "dns+srv://";

    /// <summary>
    /// A port of ours: scheme, IP address, <c>localhost</c> or <c>*</c>, and port. <c>*</c> is read as <c>[::]</c>, every address of both
    /// families.
    /// </summary>
    public static TextSchema<Uri> Listen() =>
        new(
            "the URL of a port of this machine",
            "Write http:// or https://, an IP address, localhost or *, and a port, like http://127.0.0.1:8080",
            () => Schemas.Pattern(@"^https?://[^/?#@]+/?$|\$\{"),
            text =>
        {
            var everywhere = text.Replace("://*", "://[::]", StringComparison.Ordinal).Replace("://+", "://[::]", StringComparison.Ordinal);
            if (Bare(everywhere, "http", "https") is not { } url || url.PathAndQuery is not "/")
            {
                return Parsed<Uri>.Bad();
            }

            return url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
                || string.Equals(url.Host, "localhost", StringComparison.Ordinal) ? url : Parsed<Uri>.Bad();
        });

    /// <summary>Where syslog messages are taken: <c>udp</c> or <c>tcp</c>, an address of this machine, and a port.</summary>
    public static TextSchema<Uri> Syslog() => new(
        "the URL of a port of this machine for syslog",
        "Write udp:// or tcp://, an IP address, localhost or *, and a port, like udp://127.0.0.1:5514",
        static () => Schemas.Pattern(@"^(udp|tcp)://[^/?#@]+:[0-9]+/?$|\$\{"),
        static text =>
        {
            var everywhere = text.Replace("://*", "://[::]", StringComparison.Ordinal);
            return Bare(everywhere, "udp", "tcp") is { PathAndQuery: "/" or "", Port: > 0 } url
                && (url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
                    || string.Equals(url.Host, "localhost", StringComparison.Ordinal))
                ? url
                : Parsed<Uri>.Bad();
        });

    /// <summary>A destination: <c>http(s)://host:port</c>, with <c>dns+</c> before it to resolve the name again and again.</summary>
    public static TextSchema<DestinationConfig> Destination() =>
        new(
            "the URL of a destination",
            "Write http://host:port or https://host:port, or dns+http://name:port for one destination an address of the name, or "
                + "dns+srv://_http._tcp.name for a service, or kubernetes://service.namespace:port for a Service of Kubernetes",
            () => Schemas.Pattern(
                @"^(dns\+)?https?://[^/?#@]+(/[^?#]*)?$|^dns\+srv://_https?\._tcp\.[^/?#@:]+(/[^?#]*)?$|"
                    + KubernetesUrl.Pattern + @"|\$\{"),
            text =>
        {
            if (text.StartsWith(ServiceScheme, StringComparison.Ordinal))
            {
                return Service(text[ServiceScheme.Length..]);
            }

            if (KubernetesUrl.IsMeant(text))
            {
                return KubernetesUrl.Of(text) is { } service ? service : Parsed<DestinationConfig>.Bad(KubernetesUrl.Rule);
            }

            var resolve = text.StartsWith("dns+", StringComparison.Ordinal);
            if (Bare(resolve ? text[4..] : text, "http", "https") is not { } url || url.Query.Length > 0)
            {
                return Parsed<DestinationConfig>.Bad();
            }

            if (url.Port == 0)
            {
                return Parsed<DestinationConfig>.Bad("Write a port from 1 to 65535");
            }

            if (resolve && url.HostNameType is not UriHostNameType.Dns)
            {
                return Parsed<DestinationConfig>.Bad($"An address needs no resolving: write \"{text[4..]}\"");
            }

            return new DestinationConfig
            {
                Name = $"{(UrlHost.HasZone(url) ? $"[{UrlHost.Of(url)}]" : url.Host)}:{url.Port.ToString(CultureInfo.InvariantCulture)}",
                Url = url,
                Resolve = resolve
            };
        });

    // A service has its ports from its records; https where it says so.
    private static Parsed<DestinationConfig> Service(string name)
    {
        const string Rule = "A service is _http._tcp.NAME or _https._tcp.NAME, without a port: its records say the ports";
        var scheme = name.StartsWith("_https._tcp.", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        if (Bare($"{scheme}://{name}", "http", "https") is not { IsDefaultPort: true, Query.Length: 0 } url
            || name.Contains(':', StringComparison.Ordinal))
        {
            return Parsed<DestinationConfig>.Bad(Rule);
        }

        return url.Host.Length > $"_{scheme}._tcp.".Length && url.Host.StartsWith($"_{scheme}._tcp.", StringComparison.OrdinalIgnoreCase)
            ? new DestinationConfig { Name = url.Host, Url = url, Resolve = true, IsService = true }
            : Parsed<DestinationConfig>.Bad(Rule);
    }

    /// <summary>Somewhere to send to: a collector, a webhook.</summary>
    public static TextSchema<Uri> Target(string what) =>
        new(
            what,
            "Write http:// or https://, a host and a port",
            () => Schemas.Pattern(@"^https?://[^/?#@]+|\$\{"),
            text => TargetOf(text) is { } url ? url : Parsed<Uri>.Bad());

    /// <summary>An absolute URL to send to; null: it is not one.</summary>
    public static Uri? TargetOf(string text) => Bare(text, "http", "https");

    /// <summary><c>host:port</c>.</summary>
    public static TextSchema<string> Endpoint() =>
        new("a host and a port", "Write host:port, like 127.0.0.1:6379", () => Schemas.Pattern(@"^[^/\s]+:[0-9]{1,5}$|\$\{"), text =>
            !text.Contains('/', StringComparison.Ordinal)
                && Uri.TryCreate("tcp://" + text, UriKind.Absolute, out var url)
                && url is { Port: > 0, UserInfo: "", PathAndQuery: "" or "/" }
                && url.Host.Length > 0 ? text : Parsed<string>.Bad());

    /// <summary>A network in CIDR notation.</summary>
    public static TextSchema<IPNetwork> Network() =>
        new(
            "a network in CIDR notation",
            "Write an address and a length, like 10.0.0.0/8",
            () => Schemas.Pattern(@"^[0-9a-fA-F.:]+/[0-9]{1,3}$|\$\{"),
            text =>
        {
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address))
            {
                return Parsed<IPNetwork>.Bad();
            }

            var bits = address.GetAddressBytes().Length * 8;
            if (slash < 0)
            {
                return Parsed<IPNetwork>.Bad($"Write \"{address}/{bits}\" for this one address");
            }

            if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > bits)
            {
                return Parsed<IPNetwork>.Bad();
            }

            // .NET clears such bits silently; an operator who wrote one address of a large network meant something else.
            var masked = Masked(address, length);
            return masked.Equals(address)
                ? new IPNetwork(address, length)
                : Parsed<IPNetwork>.Bad(
                    $"Bits are set beyond the length: write \"{masked}/{length}\" for the network, or \"{address}/{bits}\" for the one "
                        + $"address");
        });

    /// <summary>An absolute URL of one of two schemes, without user, password or fragment.</summary>
    private static Uri? Bare(string text, string scheme, string other)
    {
        if (text.Length > 2048
            || text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter) || letter is '\\' or '"' or '<' or '>'))
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            return null;
        }

        if (!string.Equals(url.Scheme, scheme, StringComparison.Ordinal) && !string.Equals(url.Scheme, other, StringComparison.Ordinal))
        {
            return null;
        }

        return url.UserInfo.Length == 0 && url.Fragment.Length == 0 && !text.EndsWith('#') && !text.EndsWith('?') ? url : null;
    }

    private static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
