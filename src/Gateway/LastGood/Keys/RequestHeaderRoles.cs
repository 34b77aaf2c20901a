using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood.Keys;

/// <summary>What each request header means to a key.</summary>
/// <remarks>
/// <para>A header that is not listed here and not named by the key could change the response without a word in <c>Vary</c>
/// (<c>X-Api-Key</c>, <c>X-Original-URL</c>, an identity that a proxy adds):
/// that is how shared stores are poisoned and how they leak. Such headers therefore become part of the key.</para>
/// <para>Harmless are those that every client sends, that the gateway drops or writes itself, and what content delivery networks, balancers
/// and tracers add with another value for each request or client: identifiers, addresses, ports, fingerprints. What they say of the user's
/// country, device or scheme changes responses and has few values: it stays in the key.</para>
/// </remarks>
internal static class RequestHeaderRoles
{
    private static readonly string[] Optional =
    [
        // Some clients' own; a service that varies by them must say so in Vary (see ResponseMetadata for what we add ourselves).
        HeaderNames.Origin, HeaderNames.DNT, "Sec-GPC", "Save-Data", "Purpose", "X-Purpose", "Sec-Purpose", "X-Moz", HeaderNames.From,
        HeaderNames.ContentType,
        HeaderNames.ProxyAuthorization, HeaderNames.Expect, HeaderNames.MaxForwards, HeaderNames.IfMatch, HeaderNames.IfUnmodifiedSince,
        HeaderNames.IfRange,
    ];

    private static readonly string[] Harmless =
    [
        // Every client; a service that varies by them must say so in Vary.
        HeaderNames.Host, HeaderNames.UserAgent, HeaderNames.AcceptEncoding, HeaderNames.Referer, HeaderNames.UpgradeInsecureRequests,
        "Priority", HeaderNames.Pragma,

        // Conditions choose between 200 and 304, not between contents.
        HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince,

        // Of the connection, not of the request.
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.TE, HeaderNames.Trailer, HeaderNames.Upgrade,
        HeaderNames.ProxyConnection,
        "HTTP2-Settings", HeaderNames.Via,

        // Dropped or written by the gateway, or different for every client.
        "Forwarded", "X-Forwarded-For", "X-Real-IP", "X-Client-IP", "Client-IP", "True-Client-IP", "X-True-Client-IP",
        "X-Cluster-Client-IP", "X-ProxyUser-IP", "X-Remote-IP", "X-Remote-Addr", "X-Originating-IP",
        "X-Original-Forwarded-For", "X-Forwarded", "Forwarded-For", "X-Client-Port", "X-Real-Port", "WL-Proxy-Client-IP",
        "Proxy-Client-IP", "CDN-Loop", "X-Imforwards", "X-BlueCoat-Via",
        "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "CF-Ray", "CF-Request-ID", "CF-EW-Via", "CF-Worker", "CF-Warp-Tag-ID",
        "Incap-Client-IP", "X-Sucuri-ClientIP",
        "Ali-CDN-Real-IP", "Cdn-Src-Ip", "Cdn-Real-Ip", "Fly-Client-IP", "X-Vercel-Forwarded-For", "X-Vercel-Proxied-For",
        "X-NF-Client-Connection-IP", "X-Appengine-User-IP",

        // Identifiers and times: different in every request.
        HeaderNames.TraceParent, HeaderNames.TraceState, HeaderNames.Baggage, HeaderNames.RequestId, HeaderNames.CorrelationContext,
        "Request-Context", "X-Request-Id", "X-RequestId", "X-Correlation-Id",
        "X-CorrelationId", "Correlation-Id", "X-Trace", "X-Trace-Id", "Trace-Id", "X-Span-Id", "X-Transaction-Id", "Transaction-Id",
        "X-Unique-Id", "Unique-Id", "X-Client-Request-Id", "Client-Request-Id",
        "X-Client-Trace-Id", "X-Amzn-Trace-Id", "X-Amzn-RequestId", "X-Amz-Request-Id", "X-Amz-Apigw-Id", "X-Cloud-Trace-Context",
        "grpc-trace-bin", "X-Ot-Span-Context", "b3", "sentry-trace", "newrelic",
        "uber-trace-id", "EagleEye-TraceId", "Eagleid", "X-NWS-LOG-UUID", "X-Cdn-Request-Id", "X-Varnish", "X-ARR-LOG-ID",
        "X-MS-Request-Id", "X-MS-Client-Request-Id", "X-MS-Correlation-Request-Id",
        "X-Vcap-Request-Id", "X-Vercel-Id", "X-NF-Request-Id", "Fly-Request-Id", "X-Kong-Request-Id", "X-Tyk-Trace-Id",
        "X-Appengine-Request-Log-Id", "X-Request-Start", "X-Queue-Start", "X-Request-Time", "X-Timer",
    ];

    // Of harmless families, and yet what a response may be made by.
    private static readonly string[] Own =
    [
        "CloudFront-Viewer-Country", "CloudFront-Viewer-Country-Name", "CloudFront-Viewer-Country-Region",
        "CloudFront-Viewer-Country-Region-Name", "CloudFront-Forwarded-Proto",
        "CloudFront-Is-Desktop-Viewer", "CloudFront-Is-Mobile-Viewer", "CloudFront-Is-Tablet-Viewer", "CloudFront-Is-SmartTV-Viewer",
        "CloudFront-Is-Android-Viewer", "CloudFront-Is-IOS-Viewer",
        "X-Akamai-Edgescape", "X-Akamai-Device-Characteristics", "Fastly-SSL", "X-Envoy-Original-Path", "X-Envoy-Original-Host",
    ];

    // After the lists, which it is made of.
    private static readonly FrozenDictionary<string, HeaderRole> Roles = Build();

    // Fetch metadata and client hints, tracers, and what networks add; exceptions are listed by name.
    private static readonly string[] HarmlessFamilies =
    [
        "Sec-", "X-B3-", "X-Datadog-", "X-Instana-", "X-NewRelic-", "X-Dynatrace", "X-Sentry-", "X-Honeycomb-", "Elastic-Apm-", "Uberctx-",
        "Ot-Tracer-", "Jaeger-",
        "X-Envoy-", "X-Azure-", "X-Amz-Cf-", "CloudFront-", "Akamai-", "X-Akamai-", "Fastly-", "X-Edge-", "SigSci-", "X-SigSci-",
    ];

    /// <summary>The role of a header.</summary>
    public static HeaderRole Of(string name)
    {
        if (Roles.TryGetValue(name, out var role))
        {
            return role;
        }

        // A destination sees these from trusted proxies alone: the host, the scheme, the user.
        if (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
        {
            return HeaderRole.Forwarded;
        }

        foreach (var family in HarmlessFamilies)
        {
            if (name.StartsWith(family, StringComparison.OrdinalIgnoreCase))
            {
                return HeaderRole.Harmless;
            }
        }

        return name.StartsWith(':') ? HeaderRole.Harmless : HeaderRole.Own;
    }

    private static FrozenDictionary<string, HeaderRole> Build()
    {
        var roles = new Dictionary<string, HeaderRole>(StringComparer.OrdinalIgnoreCase)
        {
            [HeaderNames.Accept] = HeaderRole.Accept,
            [HeaderNames.AcceptLanguage] = HeaderRole.AcceptLanguage,
            [HeaderNames.Authorization] = HeaderRole.Authorization,
            [HeaderNames.Cookie] = HeaderRole.Cookie,
            [HeaderNames.Range] = HeaderRole.Range,
            [HeaderNames.CacheControl] = HeaderRole.CacheControl,
            [HeaderNames.TransferEncoding] = HeaderRole.Body,
            [HeaderNames.ContentLength] = HeaderRole.Body,
        };
        foreach (var (names, role) in new[] { (Optional, HeaderRole.Optional), (Harmless, HeaderRole.Harmless), (Own, HeaderRole.Own) })
        {
            foreach (var name in names)
            {
                roles[name] = role;
            }
        }

        return roles.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}

/// <summary>What a request header means to a key.</summary>
internal enum HeaderRole
{
    /// <summary>Not part of the key.</summary>
    Harmless,

    /// <summary>Not part of the key, and sent by few: what it provokes is no evidence against what others get.</summary>
    Optional,

    /// <summary>Unknown to us: it sets the key apart.</summary>
    Own,

    /// <summary>As <see cref="Own"/> from a trusted proxy; from others it never reaches a destination.</summary>
    Forwarded,

    /// <summary>Frameworks negotiate by it without a word in Vary: always part of the key.</summary>
    Accept,

    /// <summary>As <see cref="Accept"/>.</summary>
    AcceptLanguage,

    /// <summary>Judged by the storage rules.</summary>
    Authorization,

    /// <summary>Judged by the storage rules.</summary>
    Cookie,

    /// <summary>Judged by the storage rules.</summary>
    Range,

    /// <summary>Judged by the storage rules.</summary>
    CacheControl,

    /// <summary>Tells of a body.</summary>
    Body,
}
