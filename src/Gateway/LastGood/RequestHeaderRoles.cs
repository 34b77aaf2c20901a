using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>What each request header means to a key.</summary>
/// <remarks>
/// A header that is not listed here and not named by the key could change the answer without a word in <c>Vary</c> (<c>X-Api-Key</c>, <c>X-Original-URL</c>, <c>X-Forwarded-Host</c>):
/// that is how shared stores are poisoned and how they leak. Such headers therefore become part of the key; listed as harmless are only those that every client sends, or that differ in every request.
/// </remarks>
internal static class RequestHeaderRoles
{
    private static readonly FrozenDictionary<string, HeaderRole> Roles = Build();

    /// <summary>The role of a header.</summary>
    public static HeaderRole Of(string name)
    {
        if (Roles.TryGetValue(name, out var role))
        {
            return role;
        }

        // Fetch metadata and client hints; the tracing families that number their headers.
        return name.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("X-B3-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("X-Datadog-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith(':')
            ? HeaderRole.Harmless
            : HeaderRole.Own;
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
        string[] optional =
        [
            // Some clients' own; a service that varies by them must say so in Vary (see AnswerFacts for what we add ourselves).
            HeaderNames.Origin, HeaderNames.DNT, "Sec-GPC", "Save-Data", "Purpose", "X-Purpose", "Sec-Purpose", "X-Moz", HeaderNames.From, HeaderNames.ContentType,
            HeaderNames.ProxyAuthorization, HeaderNames.Expect, HeaderNames.MaxForwards, HeaderNames.IfMatch, HeaderNames.IfUnmodifiedSince, HeaderNames.IfRange,
        ];
        foreach (var name in optional)
        {
            roles[name] = HeaderRole.Optional;
        }

        string[] harmless =
        [
            // Every client; a service that varies by them must say so in Vary.
            HeaderNames.Host, HeaderNames.UserAgent, HeaderNames.AcceptEncoding, HeaderNames.Referer, HeaderNames.UpgradeInsecureRequests, "Priority", HeaderNames.Pragma,

            // Conditions choose between 200 and 304, not between contents.
            HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince,

            // Of the connection, not of the request.
            HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.TE, HeaderNames.Trailer, HeaderNames.Upgrade, HeaderNames.ProxyConnection,
            "HTTP2-Settings", HeaderNames.Via,

            // Replaced by the gateway unless a trusted proxy wrote them, and different for every client.
            "X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Ray", "CF-Visitor", "CDN-Loop", "Fastly-Client-IP",

            // Tracing: different in every request.
            HeaderNames.TraceParent, HeaderNames.TraceState, HeaderNames.Baggage, HeaderNames.RequestId, HeaderNames.CorrelationContext, "X-Request-Id", "X-Correlation-Id",
            "Correlation-Id", "X-Trace-Id", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "b3", "sentry-trace", "newrelic", "uber-trace-id", "X-Request-Start",
        ];
        foreach (var name in harmless)
        {
            roles[name] = HeaderRole.Harmless;
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
