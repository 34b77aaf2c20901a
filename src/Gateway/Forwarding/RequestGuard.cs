using Gateway.Upstream;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>
/// Refuses at the entrance what cannot be written as one request of HTTP/1.1, whatever protocol it came by: Kestrel checks header names and targets of
/// HTTP/2 only as far as it needs them itself. Pure: a head in, the problem out. What is refused reaches no destination and is evidence about none.
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
            }
        }

        return FramingProblemOf(protocol, headers);
    }

    private static string? FramingProblemOf(string protocol, IHeaderDictionary headers)
    {
        if (StringValues.IsNullOrEmpty(headers.TransferEncoding))
        {
            return null;
        }

        if (HttpProtocol.IsHttp10(protocol))
        {
            return "Transfer-Encoding does not exist in HTTP/1.0.";
        }

        // Kestrel keeps the length under this name when it takes the chunks' word for the end of the body.
        return headers.ContainsKey("X-Content-Length") || headers.ContentLength is not null
            ? "Content-Length and Transfer-Encoding exclude each other."
            : null;
    }
}
