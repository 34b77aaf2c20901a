using Gateway.Upstream;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Refuses at the entrance what cannot be written as one request of HTTP/1.1, whatever protocol it came by: Kestrel checks header
/// names and targets of HTTP/2 only as far as it needs them itself. Pure: a head in, the problem out. What is refused reaches no
/// destination and is evidence about none.
/// </summary>
internal static class RequestGuard
{
    /// <summary>What is wrong with the head of a request, as a sentence for its client; null: it can be forwarded.</summary>
    /// <param name="protocol"><c>HTTP/1.0</c>, <c>HTTP/1.1</c> or <c>HTTP/2</c>.</param>
    /// <param name="method">The method.</param>
    /// <param name="target">The target as received.</param>
    /// <param name="headers">The headers as Kestrel read them.</param>
    public static string? ProblemOf(string protocol, string method, string target, IHeaderDictionary headers)
    {
        if (!HttpSyntax.IsToken(method))
        {
            return "The method is not a token.";
        }

        if (!HttpSyntax.IsTarget(target))
        {
            return "The request target has a character outside of visible ASCII, or a fragment. Percent-encode it.";
        }

        foreach (var (name, values) in headers)
        {
            if (!HttpSyntax.IsToken(name))
            {
                return "The name of a header has a character that no header name may have.";
            }

            foreach (var value in values)
            {
                if (!HttpSyntax.IsValue(value))
                {
                    return "The value of a header has a control character.";
                }

                // Kestrel trims those of HTTP/1.1; in HTTP/2 a blank at either end makes a request malformed (RFC 9113, section 8.2.1).
                if (value is [' ' or '\t', ..] or [.., ' ' or '\t'])
                {
                    return "The value of a header begins or ends with a blank.";
                }
            }
        }

        return FramingProblemOf(protocol, headers);
    }

    private static string? FramingProblemOf(string protocol, IHeaderDictionary headers)
    {
        if (HttpProtocol.IsHttp2(protocol))
        {
            return Http2ProblemOf(headers);
        }

        if (headers.TransferEncoding.Count == 0)
        {
            return null;
        }

        if (HttpProtocol.IsHttp10(protocol))
        {
            return "Transfer-Encoding does not exist in HTTP/1.0.";
        }

        // Kestrel takes off the chunks and nothing else: what else it was coded with would reach the destination without a word
        // of it (RFC 9112, section 6.1).
        if (headers.TransferEncoding is not [{ } coding] || !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            return "The only Transfer-Encoding that is understood is \"chunked\", once.";
        }

        // Kestrel keeps the length under this name when it takes the chunks' word for the end of the body.
        return headers.ContainsKey("X-Content-Length") || headers.ContentLength is not null
            ? "Content-Length and Transfer-Encoding exclude each other."
            : null;
    }

    /// <summary>
    /// What Kestrel lets through of what makes a request of HTTP/2 malformed (RFC 9113, sections 8.2.2 and 8.3.1); it refuses
    /// <c>Connection</c> and <c>TE</c> itself.
    /// </summary>
    private static string? Http2ProblemOf(IHeaderDictionary headers)
    {
        if (headers.TransferEncoding.Count > 0
            || headers.Upgrade.Count > 0
            || headers.KeepAlive.Count > 0
            || headers.ContainsKey("Proxy-Connection"))
        {
            return "Transfer-Encoding, Upgrade, Keep-Alive and Proxy-Connection do not exist in HTTP/2.";
        }

        return StringValues.IsNullOrEmpty(headers.Host) ? "The request names no host." : null;
    }
}
