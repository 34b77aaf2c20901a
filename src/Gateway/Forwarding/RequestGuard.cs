using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>
/// Refuses at the entrance what cannot be written as one request of HTTP/1.1, whatever protocol it came by: Kestrel checks header names and targets of
/// HTTP/2 only as far as it needs them itself. Pure: a head in, the problem out. What is refused reaches no destination and is evidence about none.
/// </summary>
internal static class RequestGuard
{
    /// <summary>The characters of a token (RFC 9110, section 5.6.2).</summary>
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>What no header value may hold (RFC 9110, section 5.5): control characters other than a tab.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(static c => c != '\t').Select(static c => (char)c), '\x7F']);

    /// <summary>What is wrong with the head of a request, as a sentence for its client; null: it can be forwarded.</summary>
    /// <param name="protocol"><c>HTTP/1.0</c>, <c>HTTP/1.1</c> or <c>HTTP/2</c>.</param>
    /// <param name="method">The method.</param>
    /// <param name="target">The target as received.</param>
    /// <param name="headers">The headers as Kestrel read them.</param>
    public static string? ProblemOf(string protocol, string method, string target, IHeaderDictionary headers)
    {
        if (!IsToken(method))
        {
            return "The method is not a token.";
        }

        if (!IsTarget(target))
        {
            return "The request target has a character outside of visible ASCII, or a fragment. Percent-encode it.";
        }

        foreach (var (name, values) in headers)
        {
            if (!IsToken(name))
            {
                return "The name of a header has a character that no header name may have.";
            }

            foreach (var value in values)
            {
                if (value is not null && value.AsSpan().ContainsAny(Controls))
                {
                    return "The value of a header has a control character.";
                }
            }
        }

        return FramingProblemOf(protocol, headers);
    }

    /// <summary>True: every character is one of a token, and there is one at least.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    /// <summary>True: visible ASCII without <c>#</c>, which begins what never belongs to a request (RFC 9112, section 3.2; RFC 3986, section 3.5).</summary>
    public static bool IsTarget(ReadOnlySpan<char> target) =>
        !target.IsEmpty && !target.ContainsAnyExceptInRange('!', '~') && !target.Contains('#');

    /// <summary>True: it can stand in the value of a header.</summary>
    public static bool IsValue(ReadOnlySpan<char> value) => !value.ContainsAny(Controls);

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
