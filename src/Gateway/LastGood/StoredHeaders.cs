using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>
/// Which headers of a response are kept: all but those of the connection, of one user, of one request, and those that are worked out anew
/// when it is served.
/// </summary>
internal static class StoredHeaders
{
    /// <summary>A response with more header lines is not kept whole; the rest is left out.</summary>
    public const int MaxLines = 100;

    private static readonly FrozenSet<string> Dropped = new[]
    {
        // Of the connection (RFC 9110, section 7.6.1).
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TE, HeaderNames.Trailer,
        HeaderNames.TransferEncoding, HeaderNames.Upgrade,
        HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization, "Proxy-Authentication-Info", HeaderNames.AltSvc, "HTTP2-Settings",

        // Of one user.
        HeaderNames.SetCookie, "Set-Cookie2", HeaderNames.Authorization, "Authentication-Info", HeaderNames.WWWAuthenticate,
        "Clear-Site-Data",
        "X-CSRF-Token", "X-XSRF-Token", "CSRF-Token", "X-Auth-Token", "X-Session-Id",

        // Of one exchange.
        HeaderNames.Date, HeaderNames.Age, HeaderNames.Via, HeaderNames.Server, HeaderNames.Warning, HeaderNames.RetryAfter,
        "Server-Timing", HeaderNames.RequestId, "X-Request-Id",
        "X-Correlation-Id", "X-Trace-Id", HeaderNames.TraceParent, HeaderNames.TraceState, "traceresponse", "X-Runtime", "X-Response-Time",
        HeaderNames.AcceptRanges,
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy",

        // Written anew.
        HeaderNames.ContentLength, HeaderNames.CacheControl, HeaderNames.Expires, HeaderNames.Pragma, "CDN-Cache-Control",
        "Surrogate-Control",
        "Cache-Status", "Proxy-Status", "X-Cache", "X-Fallback", HeaderNames.ContentRange,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a header is kept, and is one that can be sent at all: a record from a foreign hand must not split a response.
    /// </summary>
    public static bool Keeps(string name, string value) =>
        name.Length > 0 && !Dropped.Contains(name) && IsToken(name) && IsFieldValue(value);

    private static bool IsToken(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsFieldValue(string value)
    {
        foreach (var c in value)
        {
            if (c is < ' ' and not '\t' or > '~')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Collects the headers that are kept.</summary>
    internal sealed class Builder(StringValues connection)
    {
        private readonly List<StoredHeader> _lines = new(16);

        /// <summary>Adds a line if it is kept.</summary>
        public void Add(string name, string? value)
        {
            if (value is not null && _lines.Count < MaxLines && Keeps(name, value) && !IsNamedBy(connection, name))
            {
                _lines.Add(new StoredHeader(name, value));
            }
        }

        /// <summary>What was kept.</summary>
        public StoredHeader[] ToArray() => [.. _lines];

        private static bool IsNamedBy(StringValues connection, string name)
        {
            foreach (var line in connection)
            {
                foreach (var option in line.AsSpan().Split(','))
                {
                    if (line.AsSpan()[option].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }
}

/// <summary>One header line.</summary>
internal readonly record struct StoredHeader(string Name, string Value);
