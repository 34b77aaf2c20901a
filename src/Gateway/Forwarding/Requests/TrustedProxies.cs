using System.Collections.Immutable;
using System.Net;

namespace Gateway.Forwarding.Requests;

/// <summary>Which peers' word counts (<c>trustedProxies</c>): what they say of the client, and the id that they gave a request.</summary>
internal static class TrustedProxies
{
    private const string Unknown = "unknown";

    /// <summary>True: the request comes directly from one of these networks.</summary>
    public static bool Trust(ImmutableArray<IPNetwork> networks, HttpContext context) =>
        !networks.IsEmpty && context.Connection.RemoteIpAddress is { } peer && Trust(networks, peer);

    /// <summary>True: the address is in one of these networks.</summary>
    public static bool Trust(ImmutableArray<IPNetwork> networks, IPAddress peer) => Contain(networks, Plain(peer));

    /// <summary>
    /// The client's address: the peer's, or behind trusted proxies the nearest address of <c>X-Forwarded-For</c> outside of them. What
    /// stands further away may be invented.
    /// </summary>
    public static string ClientOf(ImmutableArray<IPNetwork> networks, HttpContext context) =>
        AddressOf(networks, context)?.ToString() ?? Unknown;

    /// <summary>As <see cref="ClientOf"/>; null: the peer has no address.</summary>
    public static IPAddress? AddressOf(ImmutableArray<IPNetwork> networks, HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } peer)
        {
            return null;
        }

        var nearest = Plain(peer);
        if (!Trust(networks, context))
        {
            return nearest;
        }

        var lines = context.Request.Headers["X-Forwarded-For"];
        for (var line = lines.Count - 1; line >= 0; line--)
        {
            var rest = lines[line].AsSpan();
            while (!rest.IsEmpty)
            {
                var comma = rest.LastIndexOf(',');
                if (!TryParse(rest[(comma + 1)..].Trim(), out var address))
                {
                    return nearest;
                }

                nearest = address;
                if (!Contain(networks, address))
                {
                    return nearest;
                }

                rest = comma < 0 ? default : rest[..comma];
            }
        }

        return nearest;
    }

    /// <summary>With a port or without, as products write it.</summary>
    private static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        if (IPAddress.TryParse(text, out var plain))
        {
            address = Plain(plain);
            return true;
        }

        if (IPEndPoint.TryParse(text, out var endPoint))
        {
            address = Plain(endPoint.Address);
            return true;
        }

        address = IPAddress.None;
        return false;
    }

    /// <summary>True: one of the networks holds the address.</summary>
    public static bool Contain(ImmutableArray<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An IPv4 address as such, also where a socket of both families shows it as IPv6.</summary>
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
