using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <summary>
/// Says who asked: <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and <c>Forwarded</c> (RFC 7239). What a client says of itself is
/// replaced; only proxies that the configuration trusts are believed, and their chain is made longer. Headers in which other products say
/// the same (<see cref="IsClaim"/>) pass from those proxies alone.
/// </summary>
internal sealed class ForwardedHeaders(ImmutableArray<IPNetwork> trusted)
{
    private const uint Remembered = 256;
    private const int ShortestClaim = 6;
    private const int LongestClaim = 25;

    private static readonly FrozenSet<string> Claims = new[]
    {
        // The client's address: nginx, Apache, HAProxy, Akamai and Cloudflare, Fastly, Fly, Azure, Envoy, Heroku, Google's and Amazon's, and what applications look for beside.
        "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "X-Cluster-Client-IP", "Fastly-Client-IP", "Fly-Client-IP",
        "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Envoy-External-Address", "X-AppEngine-User-IP", "X-Original-Forwarded-For", "X-Originating-IP", "X-Remote-IP",
        "X-Remote-Addr", "X-ProxyUser-Ip", "X-True-IP", "X-Forwarded", "Forwarded-For", "Forwarded-For-IP", "Forwarded-Host", "Forwarded-Proto", "Client-IP",
        "Cluster-Client-IP", "X-True-Client-IP", "WL-Proxy-Client-IP", "Proxy-Client-IP", "Incap-Client-IP", "Akamai-Client-IP", "Oxy-Client-IP", "X-Sucuri-ClientIP", "Ali-CDN-Real-IP",
        "Cdn-Src-Ip", "Cdn-Real-Ip", "X-Vercel-Forwarded-For", "X-Vercel-Proxied-For", "X-NF-Client-Connection-IP", "DO-Connecting-IP", "X-AppEngine-Remote-Addr", "X-Original-Remote-Addr",
        "Remote-Addr", "Real-IP", "X-RealIP", "X-Forward-For", "X-Real-Port", "X-Client-Port", "X-Envoy-Internal",

        // The host, the path and the scheme: Symfony, Laravel, IIS's rewriting and others take them for the request's own, past whatever a proxy decided by the real ones.
        "X-Host", "X-HTTP-Host-Override", "X-Original-Host", "X-Original-URL", "X-Rewrite-URL", "X-Original-Proto", "X-Original-Prefix", "X-Original-Method", "X-Original-URI",
        "X-Original-Scheme", "X-Override-URL", "X-Backend-Host", "X-HTTP-DestinationURL", "X-Envoy-Original-Path", "X-Envoy-Original-Host", "X-Scheme", "X-URL-Scheme", "Front-End-Https",
        "CF-Visitor",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly Origin?[] _origins = new Origin?[Remembered];

    /// <summary>True: these headers are ours to write.</summary>
    public static bool Owns(string name) =>
        // Most names are through after one look.
        name.Length > 0 && (name[0] | 0x20) is 'x' or 'f' && IsOwned(Dashed(name));

    /// <summary>
    /// True: with this header a load balancer or CDN in front says who asked, or for which host or path, and frameworks and applications believe it. None of them
    /// has a meaning between a client and a server.
    /// </summary>
    public static bool IsClaim(string name) =>
        // Most names are through after one look.
        name.Length is >= ShortestClaim and <= LongestClaim && Claims.Contains(Dashed(name));

    /// <summary>True: the request comes from a proxy whose claims are believed.</summary>
    public bool Believes(HttpContext context)
    {
        if (trusted.IsEmpty || context.Connection.RemoteIpAddress is not { } remote)
        {
            return false;
        }

        return IsTrusted(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote);
    }

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
        var believed = Believes(context);
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

    private static bool IsOwned(string name) =>
        name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase);

    /// <summary>CGI, WSGI and PHP know <c>X_Forwarded_For</c> and <c>X-Forwarded-For</c> by one name, <c>HTTP_X_FORWARDED_FOR</c>: so does a client who means to deceive them.</summary>
    private static string Dashed(string name) => name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;

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
