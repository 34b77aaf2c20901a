using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Gateway.Upstream;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Writes <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c>, <c>-Port</c> and <c>Forwarded</c> (RFC 7239). A client's own are replaced;
/// those of proxies in <c>trustedProxies</c> are kept and extended. Headers in which other products name the client, its identity, the host
/// or the path (<see cref="IsClaim"/>) pass from those proxies alone.
/// </summary>
internal sealed class ForwardedHeaders(ImmutableArray<IPNetwork> trusted, bool verifiesClients = false)
{
    private const uint Remembered = 256;
    private const int ShortestClaim = 6;
    private const int LongestClaim = 34;
    private const string ForwardedFamily = "X-Forwarded-";

    private static readonly FrozenSet<string> Claims = new[]
    {
        // The client's address: nginx, Apache, HAProxy, Akamai and Cloudflare, Fastly, Fly, Azure, Envoy, Heroku, Google's and Amazon's,
        // and what applications look for beside.
        "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "X-Cluster-Client-IP",
        "Fastly-Client-IP", "Fly-Client-IP",
        "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Envoy-External-Address", "X-AppEngine-User-IP", "X-Original-Forwarded-For",
        "X-Originating-IP", "X-Remote-IP",
        "X-Remote-Addr", "X-ProxyUser-Ip", "X-True-IP", "X-Forwarded", "X-Real-IP", "Forwarded-For", "Forwarded-For-IP", "Forwarded-Host",
        "Forwarded-Proto", "Client-IP",
        "Cluster-Client-IP", "X-True-Client-IP", "WL-Proxy-Client-IP", "Proxy-Client-IP", "Incap-Client-IP", "Akamai-Client-IP",
        "Oxy-Client-IP", "X-Sucuri-ClientIP", "Ali-CDN-Real-IP",
        "Cdn-Src-Ip", "Cdn-Real-Ip", "X-Vercel-Forwarded-For", "X-Vercel-Proxied-For", "X-NF-Client-Connection-IP", "DO-Connecting-IP",
        "X-AppEngine-Remote-Addr", "X-Original-Remote-Addr",
        "Remote-Addr", "Real-IP", "X-RealIP", "X-Forward-For", "X-Real-Port", "X-Client-Port", "X-Envoy-Internal",

        // The host, the path and the scheme: Symfony, Laravel, IIS's rewriting and others take them for the request's own, past whatever a
        // proxy decided by the real ones.
        "X-Host", "X-HTTP-Host-Override", "X-Original-Host", "X-Original-URL", "X-Rewrite-URL", "X-Original-Proto", "X-Original-Prefix",
        "X-Original-Method", "X-Original-URI",
        "X-Original-Scheme", "X-Override-URL", "X-Backend-Host", "X-HTTP-DestinationURL", "X-Envoy-Original-Path", "X-Envoy-Original-Host",
        "X-Scheme", "X-URL-Scheme", "Front-End-Https",
        "CF-Visitor",

        // The user: proxies that authenticate (OAuth2 Proxy, Authelia, Traefik, nginx, Apache, Kong, Tailscale, Azure, Google, Amazon,
        // Cloudflare) put the result here, and applications take it for proven.
        "Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups", "X-Remote-User", "X-Remote-Email", "X-Remote-Name",
        "X-Remote-Group", "X-Remote-Groups", "X-WebAuth-User",
        "X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Groups", "X-Auth-Request-Access-Token",
        "X-Auth-Request-Preferred-Username", "X-Authenticated-User", "X-Authenticated-UserId",
        "X-Authenticated-Scope", "X-Authenticated-Groups", "X-Consumer-Username", "X-Consumer-Custom-Id", "X-Credential-Identifier",
        "Tailscale-User-Login", "Tailscale-User-Name", "X-MS-Client-Principal",
        "X-MS-Client-Principal-Id", "X-MS-Client-Principal-Name", "X-MS-Client-Principal-Idp", "X-MS-Token-AAD-Access-Token",
        "X-MS-Token-AAD-Id-Token", "X-Goog-Authenticated-User-Email",
        "X-Goog-Authenticated-User-Id", "X-Goog-IAP-JWT-Assertion", "X-Amzn-Oidc-Identity", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-AccessToken",
        "CF-Access-Authenticated-User-Email", "CF-Access-JWT-Assertion",

        // The client's certificate (RFC 9440 and what was there before it).
        "Client-Cert", "Client-Cert-Chain", "X-Client-Cert", "X-Client-Certificate", "X-Client-Verify", "X-Client-DN", "X-SSL-Cert",
        "X-SSL-Client-Cert", "X-SSL-Client-Verify", "X-SSL-Client-S-DN",
        "X-SSL-Client-DN", "X-SSL-Client-CN", "X-SSL-Client-Serial", "X-SSL-Client-SHA1", "X-SSL-Client-Has-Cert", "SSL-Client-Cert",
        "SSL-Client-Verify", "SSL-Client-S-DN", "SSL-Client-Subject-DN",
        "SSL-Client-I-DN", "SSL-Client-Issuer-DN", "X-ARR-ClientCert", "X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Leaf",
        "X-Amzn-Mtls-Clientcert-Subject",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly Origin?[] _origins = new Origin?[Remembered];

    /// <summary>True: the gateway writes these headers, or no proxy does: a claim with an underscore is meant to deceive CGI.</summary>
    public static bool Owns(string name) =>
        name.Contains('_', StringComparison.Ordinal)
            ? IsOwned(Dashed(name)) || IsClaimed(Dashed(name))
            : (name.Length > 0 && (name[0] | 0x20) is 'x' or 'f' && IsOwned(name));

    /// <summary>
    /// True: with this header a proxy in front names the client, its identity or certificate, the host or the path, and frameworks and
    /// applications believe it. None of them has a meaning between a client and a server.
    /// </summary>
    public static bool IsClaim(string name) => IsClaimed(name);

    /// <summary>True: the request comes from a proxy whose claims are believed.</summary>
    public bool Believes(HttpContext context) => TrustedProxies.Trust(trusted, context);

    /// <summary>What the client has shown to a listener that verifies clients; null: another listener.</summary>
    public ClientCertificate? CertificateOf(HttpContext context) => verifiesClients ? context.Features.Get<ClientCertificate>() : null;

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
        headers.Add("X-Forwarded-For", believed
            && request.Headers.TryGetValue("X-Forwarded-For", out var chain) ? $"{chain}, {client}" : client);
        headers.Add("X-Forwarded-Proto", believed
            && request.Headers.TryGetValue("X-Forwarded-Proto", out var scheme) ? scheme.ToString() : request.Scheme);
        headers.Add("X-Forwarded-Host", believed
            && request.Headers.TryGetValue("X-Forwarded-Host", out var host) ? host.ToString() : request.Host.Value);
        if (believed && request.Headers.TryGetValue("X-Forwarded-Port", out var port))
        {
            headers.Add("X-Forwarded-Port", port.ToString());
        }

        var element = origin.Element;
        headers.Add("Forwarded", believed
            && request.Headers.TryGetValue("Forwarded", out var elements) ? $"{elements}, {element}" : element);
    }

    private static bool IsOwned(string name) =>
        name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || (name.StartsWith(ForwardedFamily, StringComparison.OrdinalIgnoreCase) && name.AsSpan(ForwardedFamily.Length) is var rest
            && (rest.Equals("For", StringComparison.OrdinalIgnoreCase) || rest.Equals("Proto", StringComparison.OrdinalIgnoreCase)
                || rest.Equals("Host", StringComparison.OrdinalIgnoreCase) || rest.Equals("Port", StringComparison.OrdinalIgnoreCase)));

    // Most names are through after one look.
    private static bool IsClaimed(string name) =>
        name.Length >= ShortestClaim
            && ((name.Length <= LongestClaim && Claims.Contains(name))
                || name.StartsWith(ForwardedFamily, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// CGI, WSGI and PHP know <c>X_Forwarded_For</c> and <c>X-Forwarded-For</c> by one name, <c>HTTP_X_FORWARDED_FOR</c>.
    /// </summary>
    private static string Dashed(string name) => name.Replace('_', '-');

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

    private sealed record Origin(IPAddress? Remote, string? Host, string Scheme, string Client, string Element);
}
