using System.Collections.Frozen;
using System.Net.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>Which headers belong to one connection only, and which to a body.</summary>
internal static class RequestHeaders
{
    /// <summary>Hop-by-hop (RFC 9110, section 7.6.1), and <c>Expect</c>, which the gateway has answered itself.</summary>
    private static readonly FrozenSet<string> HopByHop = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "HTTP2-Settings", "Upgrade-Insecure-Connection",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those that <see cref="HttpContent"/> carries; Content-Length it knows itself.</summary>
    private static readonly string[] OfContent =
        ["Content-Type", "Content-Encoding", "Content-Language", "Content-Location", "Content-Disposition", "Content-MD5", "Content-Range", "Expires", "Last-Modified", "Allow"];

    /// <summary>True: the header ends here.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="connection">The value of <c>Connection</c>, which may name more.</param>
    public static bool EndsHere(string name, StringValues connection) =>
        HopByHop.Contains(name) || (connection.Count > 0 && IsNamedBy(name, connection));

    /// <summary>Gives a body its headers.</summary>
    public static void CopyContentHeaders(HttpRequest request, HttpContent content)
    {
        foreach (var name in OfContent)
        {
            if (request.Headers.TryGetValue(name, out var values))
            {
                content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }
    }

    /// <summary>True: one of the tokens of <c>Connection</c> is this name.</summary>
    public static bool IsNamedBy(string name, StringValues connection)
    {
        foreach (var value in connection)
        {
            foreach (var token in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[token].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
