using System.Buffers;
using System.Globalization;
using Gateway.LastGood.Keys;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood.Policy;

/// <summary>What the storage rules need to know of a response; a value, read once from its head.</summary>
internal readonly record struct ResponseMetadata
{
    /// <summary>What a header's name may consist of (<c>token</c>, RFC 9110, 5.6.2).</summary>
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The status.</summary>
    public int Status { get; init; }

    /// <summary>What the service says to a cache of its own, with <c>Pragma: no-cache</c> in the place of <c>Cache-Control</c>.</summary>
    public CacheDirectives Directives { get; init; }

    /// <summary>The response sets a cookie.</summary>
    public bool SetsCookie { get; init; }

    /// <summary>The response has <c>Content-Range</c>.</summary>
    public bool HasContentRange { get; init; }

    /// <summary>The response is an event stream, which never is whole.</summary>
    public bool IsEventStream { get; init; }

    /// <summary>
    /// <c>Vary: *</c>, or a <c>Vary</c> that names no header one could look up (RFC 9110, 12.5.5), which promises as little.
    /// </summary>
    public bool VariesByAnything { get; init; }

    /// <summary>The index of the content coding; -1: one that cannot be negotiated.</summary>
    public int Coding { get; init; }

    /// <summary><c>Content-Length</c> in bytes.</summary>
    public long? ContentLength { get; init; }

    /// <summary>Reads a response's head.</summary>
    public static ResponseMetadata Read<THeaders>(int status, THeaders headers)
        where THeaders : struct, IResponseHeaders => Read(status, headers, CacheDirectives.Of(headers));

    /// <summary>As above, where the directives are known.</summary>
    public static ResponseMetadata Read<THeaders>(int status, THeaders headers, CacheDirectives directives)
        where THeaders : struct, IResponseHeaders
    {
        if (status != 200)
        {
            return new ResponseMetadata { Status = status, Directives = directives };
        }

        if (!directives.IsTargeted
            && headers[HeaderNames.CacheControl].Count == 0
            && headers[HeaderNames.Pragma].ToString().Contains("no-cache", StringComparison.OrdinalIgnoreCase))
        {
            directives = directives with { NoCache = true };
        }

        var length = headers[HeaderNames.ContentLength];
        return new ResponseMetadata
        {
            Status = status,
            Directives = directives,
            SetsCookie = headers[HeaderNames.SetCookie].Count > 0 || headers["Set-Cookie2"].Count > 0,
            HasContentRange = headers[HeaderNames.ContentRange].Count > 0,
            IsEventStream = headers[HeaderNames.ContentType].ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase),
            VariesByAnything = VariesByMoreThanNames(headers[HeaderNames.Vary]),
            Coding = ContentCodings.Of(headers[HeaderNames.ContentEncoding]),
            ContentLength = length.Count == 1 && long.TryParse(length[0], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                ? bytes
                : null,
        };
    }

    private static bool VariesByMoreThanNames(StringValues vary)
    {
        foreach (var line in vary)
        {
            foreach (var name in (line ?? "").AsSpan().Split(','))
            {
                if (!IsHeaderNameOrEmpty(line.AsSpan(name).Trim(" \t")))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsHeaderNameOrEmpty(ReadOnlySpan<char> text) => !text.Contains('*') && !text.ContainsAnyExcept(TokenCharacters);

    /// <summary>
    /// The request headers that choose between variants, in lower case and sorted: what <c>Vary</c> names, and what it should have named.
    /// </summary>
    /// <remarks>A compressed body reaches only those who accept it so, and a response for one origin only that origin, even if the service
    /// forgot to say so.</remarks>
    public static string[] VariantsOf<THeaders>(THeaders headers)
        where THeaders : struct, IResponseHeaders
    {
        var vary = headers[HeaderNames.Vary];
        var encoded = headers[HeaderNames.ContentEncoding].Count > 0;
        var origin = headers[HeaderNames.AccessControlAllowOrigin];
        var oneOrigin = origin.Count > 0 && !string.Equals(origin[0], "*", StringComparison.Ordinal);
        if (vary.Count == 0 && !encoded && !oneOrigin)
        {
            return [];
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var line in vary)
        {
            foreach (var name in (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                // No destination can vary by an id that is another one in each request.
                if (!name.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase))
                {
                    names.Add(name.ToLowerInvariant());
                }
            }
        }

        if (encoded)
        {
            names.Add(CacheKeyTemplate.AcceptEncoding);
        }

        if (oneOrigin)
        {
            names.Add("origin");
        }

        return [.. names];
    }
}
