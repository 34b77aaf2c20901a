using System.Globalization;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>Ports that clash, an admin endpoint that the world could use.</summary>
internal static class PortChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(GatewayConfig config, Reader reader)
    {
        for (var i = 0; i < config.Listen.Length; i++)
        {
            var path = $"listen/{i.ToString(CultureInfo.InvariantCulture)}";
            if (config.Listen[i].ProxyProtocol && config.TrustedProxies.IsEmpty && !config.Listen[i].Url.IsLoopback)
            {
                reader.WarningAt(
                    $"{path}/proxyProtocol",
                    "Any peer of this port can name any address as its client. Write the networks of your balancers under "
                        + "\"trustedProxies\".");
            }

            if (config.Listen[i].Http3)
            {
                // Kestrel would serve it past the middleware of connections: limits, guards and clients' certificates.
                reader.ProblemAt(
                    $"{path}/http3",
                    "This build does not serve HTTP/3, given \"true\". Remove the key; where users need HTTP/3, let a CDN or proxy in "
                        + "front speak it and write its networks under \"trustedProxies\".");
            }

            for (var before = 0; before < i; before++)
            {
                if (Clash(config.Listen[before].Url, config.Listen[i].Url))
                {
                    reader.ProblemAt(
                        $"{path}/url",
                        $"Two ports of \"listen\" are the same, given \"{Shown(config.Listen[i].Url)}\" beside \""
                            + $"{Shown(config.Listen[before].Url)}\". Write another port.");
                }
            }

            if (Clash(config.Listen[i].Url, config.Admin.Url))
            {
                var at = reader.IsWritten("admin/url") ? "admin/url" : $"{path}/url";
                reader.ProblemAt(
                    at,
                    $"The public listener and the admin endpoint are the same, given \"{Shown(config.Listen[i].Url)}\" under \"listen\" "
                        + $"and \"{Shown(config.Admin.Url)}\" under \"admin\". Write another port for one of them.",
                    "admin/url",
                    $"{path}/url");
            }
        }

        Admin(config, reader);
        TrustedProxies(config, reader);
    }

    private static void Admin(GatewayConfig config, Reader reader)
    {
        if (!config.Admin.IsProtected && !config.Admin.Url.IsLoopback)
        {
            reader.ProblemAt(
                reader.IsWritten("admin/token") ? "admin/token" : "admin/url",
                $"The admin endpoint can be reached from other machines and has no token, given \"{Shown(config.Admin.Url)}\". Write "
                    + $"\"token: ${{GATEWAY_ADMIN_TOKEN}}\" under \"admin\" and set it in the environment, or \"clientCertificates\", or "
                    + "let it listen on 127.0.0.1.",
                "admin/token");
        }
        else if (config.Admin.Token is { Length: < 16 } && !config.Admin.Url.IsLoopback)
        {
            reader.WarningAt(
                "admin/token",
                "The token of the admin endpoint is shorter than 16 characters and can be guessed. Set a longer one.");
        }

        Tokens(config.Admin, reader);
    }

    private static void Tokens(AdminConfig admin, Reader reader)
    {
        for (var i = 0; i < admin.Tokens.Length; i++)
        {
            var (at, one) = ($"admin/tokens/{i.ToString(CultureInfo.InvariantCulture)}", admin.Tokens[i]);
            if (admin.Tokens.Take(i).Any(before => string.Equals(before.Name, one.Name, StringComparison.Ordinal)))
            {
                reader.ProblemAt(
                    $"{at}/name",
                    $"Two tokens have the name \"{one.Name}\". The journal tells tokens by their names: give each its own.");
            }

            if (string.Equals(one.Token, admin.Token, StringComparison.Ordinal)
                || admin.Tokens.Take(i).Any(before => string.Equals(before.Token, one.Token, StringComparison.Ordinal)))
            {
                reader.ProblemAt(
                    $"{at}/token",
                    $"The token of \"{one.Name}\" is another one's, too, so that neither has a role of its own. Make a new one.");
            }

            if (one.Token.Length < 16 && !admin.Url.IsLoopback)
            {
                reader.WarningAt(
                    $"{at}/token",
                    $"The token of \"{one.Name}\" is shorter than 16 characters and can be guessed. Set a longer one.");
            }
        }
    }

    private static void TrustedProxies(GatewayConfig config, Reader reader)
    {
        for (var i = 0; i < config.TrustedProxies.Length; i++)
        {
            if (config.TrustedProxies[i].PrefixLength == 0)
            {
                reader.WarningAt(
                    $"trustedProxies/{i.ToString(CultureInfo.InvariantCulture)}",
                    $"Every client is believed about its own address, given \"{config.TrustedProxies[i]}\". Write only the networks of "
                        + $"your own proxies.");
            }
        }
    }

    /// <summary>True when both cannot be bound.</summary>
    internal static bool Clash(Uri one, Uri other)
    {
        if (one.Port != other.Port || one.Port == 0)
        {
            return false;
        }

        var (a, b) = (AddressOf(one), AddressOf(other));
        return a.Equals(b)
            || IsEverywhere(a)
            || IsEverywhere(b)
            || (IPAddress.IsLoopback(a) && IPAddress.IsLoopback(b) && (IsName(one) || IsName(other)));
    }

    /// <summary>As an operator writes it: without the slash that a URL gets at its end, and <c>*</c> for every address.</summary>
    internal static string Shown(Uri url) => url.GetLeftPart(UriPartial.Authority).Replace("//[::]", "//*", StringComparison.Ordinal);

    private static bool IsName(Uri url) => url.HostNameType is UriHostNameType.Dns;

    private static IPAddress AddressOf(Uri url) => IsName(url) ? IPAddress.Loopback : IPAddress.Parse(url.Host);

    private static bool IsEverywhere(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
