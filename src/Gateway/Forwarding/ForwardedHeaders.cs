using System.Collections.Immutable;
using System.Net;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <summary>
/// Says who asked: <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and <c>Forwarded</c> (RFC 7239). What a client says of itself is
/// replaced; only proxies that the configuration trusts are believed, and their chain is made longer.
/// </summary>
internal sealed class ForwardedHeaders(ImmutableArray<IPNetwork> trusted)
{
    private const uint Remembered = 256;

    private readonly Origin?[] _origins = new Origin?[Remembered];

    /// <summary>True: these headers are ours to write.</summary>
    public static bool Owns(string name) =>
        // Most names are through after one look.
        name.Length > 0 && (name[0] | 0x20) is 'x' or 'f'
        && (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase));

    /// <summary>Writes them to the request for a destination.</summary>
    public void Write<THeaders>(HttpContext context, ref THeaders headers)
        where THeaders : struct, IRequestHeaders
    {
        var request = context.Request;
        var remote = context.Connection.RemoteIpAddress;
        if (remote is { IsIPv4MappedToIPv6: true })
        {
            remote = remote.MapToIPv4();
        }

        var origin = OriginOf(remote, request);
        var client = origin.Client;
        var believed = remote is not null && IsTrusted(remote);
        headers.Add("X-Forwarded-For", believed && request.Headers.TryGetValue("X-Forwarded-For", out var chain) ? $"{chain}, {client}" : client);
        headers.Add("X-Forwarded-Proto", believed && request.Headers.TryGetValue("X-Forwarded-Proto", out var scheme) ? scheme.ToString() : request.Scheme);
        headers.Add("X-Forwarded-Host", believed && request.Headers.TryGetValue("X-Forwarded-Host", out var host) ? host.ToString() : request.Host.Value);
        if (believed && request.Headers.TryGetValue("X-Forwarded-Port", out var port))
        {
            headers.Add("X-Forwarded-Port", port.ToString());
        }

        var element = origin.Element;
        headers.Add("Forwarded", believed && request.Headers.TryGetValue("Forwarded", out var elements) ? $"{elements}, {element}" : element);
    }

    /// <summary>The texts of who asked. One client's requests come in a row, and say the same each time.</summary>
    private Origin OriginOf(IPAddress? remote, HttpRequest request)
    {
        ref var place = ref _origins[(uint)(remote?.GetHashCode() ?? 0) % Remembered];
        var (host, scheme) = (request.Host.Value, request.Scheme);
        if (Volatile.Read(ref place) is { } known && Equals(known.Remote, remote)
            && string.Equals(known.Host, host, StringComparison.Ordinal) && string.Equals(known.Scheme, scheme, StringComparison.Ordinal))
        {
            return known;
        }

        var client = remote?.ToString() ?? "unknown";
        var origin = new Origin(remote, host, scheme, client, Element(client, request));
        Volatile.Write(ref place, origin);
        return origin;
    }

    private static string Element(string client, HttpRequest request)
    {
        // An IPv6 address and a host with a port need quotes; a quote or a backslash cannot stand in either.
        var node = client.Contains(':', StringComparison.Ordinal) ? $"\"[{client}]\"" : client;
        var host = request.Host.Value is { Length: > 0 } value && value.AsSpan().IndexOfAny('"', '\\') < 0 ? $";host=\"{value}\"" : "";
        return $"for={node}{host};proto={request.Scheme}";
    }

    private bool IsTrusted(IPAddress address)
    {
        foreach (var network in trusted)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private sealed record Origin(IPAddress? Remote, string? Host, string Scheme, string Client, string Element);
}
