using System.Buffers;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood.Policy;

/// <summary>
/// The directives of <c>Cache-Control</c>, and of the fields meant for caches of the service's own, that matter here (RFC 9111, section
/// 5.2; RFC 5861, section 4; RFC 9213).
/// </summary>
internal readonly record struct CacheDirectives
{
    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary><c>no-store</c>.</summary>
    public bool NoStore { get; init; }

    /// <summary>
    /// <c>private</c>, with or without field names: the qualified form is treated as the strict one, which RFC 9111, section 5.2.2.7,
    /// allows.
    /// </summary>
    public bool Private { get; init; }

    /// <summary><c>no-cache</c>, with or without field names.</summary>
    public bool NoCache { get; init; }

    /// <summary><c>must-revalidate</c> or <c>proxy-revalidate</c>: never served stale by a shared store.</summary>
    public bool MustRevalidate { get; init; }

    /// <summary><c>s-maxage</c>, which forbids a shared store to serve stale (RFC 9111, section 5.2.2.10).</summary>
    public bool SharedMaxAge { get; init; }

    /// <summary><c>public</c>.</summary>
    public bool Public { get; init; }

    /// <summary><c>max-age</c> in seconds.</summary>
    public long? MaxAge { get; init; }

    /// <summary><c>stale-if-error</c> in seconds.</summary>
    public long? StaleIfError { get; init; }

    /// <summary>True: at least one directive is known.</summary>
    public bool HasKnown { get; init; }

    /// <summary>
    /// True: they come from a field that is meant for caches of the service's own, so that <c>Expires</c> and <c>Pragma</c> do not count
    /// (RFC 9213, section 2.2).
    /// </summary>
    public bool IsTargeted { get; init; }

    /// <summary>
    /// What a response says to a cache of the service's own: <c>CDN-Cache-Control</c> and <c>Surrogate-Control</c> go before
    /// <c>Cache-Control</c>.
    /// </summary>
    /// <remarks>
    /// Where both are sent, what either forbids is forbidden, and the shorter time counts: stricter than the first field alone, which RFC
    /// 9213, section 2.2, asks for.
    /// </remarks>
    public static CacheDirectives Of<THeaders>(THeaders headers)
        where THeaders : struct, IResponseHeaders
    {
        StringValues cdn = headers["CDN-Cache-Control"], surrogate = headers["Surrogate-Control"];
        if (cdn.Count == 0 && surrogate.Count == 0)
        {
            return Parse(headers[HeaderNames.CacheControl]);
        }

        CacheDirectives first = Parse(cdn, isTargeted: true), second = Parse(surrogate, isTargeted: true);
        return (first.HasKnown, second.HasKnown) switch
        {
            (true, true) => Strictest(first, second),
            (true, false) => first,
            (false, true) => second,

            // Empty, or only about something else, like content="ESI/1.0".
            _ => Parse(headers[HeaderNames.CacheControl]),
        };
    }

    /// <summary>Reads all lines of <c>Cache-Control</c>.</summary>
    public static CacheDirectives Parse(StringValues header) => Parse(header, isTargeted: false);

    /// <summary>
    /// Reads all lines; an unknown directive is ignored, a malformed line counts as <c>no-store</c>, since nothing else that it may have
    /// meant is safe.
    /// </summary>
    private static CacheDirectives Parse(StringValues header, bool isTargeted)
    {
        var found = new CacheDirectives { IsTargeted = isTargeted };
        for (var i = 0; i < header.Count; i++)
        {
            var line = header[i].AsSpan();
            while (!line.IsEmpty)
            {
                var directive = Next(ref line).Trim(" \t");
                if (!directive.IsEmpty)
                {
                    found = found.With(directive);
                }
            }
        }

        return found;
    }

    private static CacheDirectives Strictest(in CacheDirectives one, in CacheDirectives other) => one with
    {
        NoStore = one.NoStore || other.NoStore,
        Private = one.Private || other.Private,
        NoCache = one.NoCache || other.NoCache,
        MustRevalidate = one.MustRevalidate || other.MustRevalidate,
        SharedMaxAge = one.SharedMaxAge || other.SharedMaxAge,
        Public = one.Public && other.Public,
        MaxAge = Shorter(one.MaxAge, other.MaxAge),
        StaleIfError = Shorter(one.StaleIfError, other.StaleIfError),
    };

    private static long? Shorter(long? one, long? other) => one <= other || other is null ? one : other;

    // Up to the next comma outside quotes: no-cache="a, b" is one directive.
    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> line)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && quoted)
            {
                i++;
            }
            else if (line[i] == '"')
            {
                quoted = !quoted;
            }
            else if (line[i] == ',' && !quoted)
            {
                var directive = line[..i];
                line = line[(i + 1)..];
                return directive;
            }
        }

        var last = line;
        line = default;
        return last;
    }

    private CacheDirectives With(ReadOnlySpan<char> directive)
    {
        // Parameters are part of structured fields (RFC 9213) and of Surrogate-Control; none changes a directive.
        var end = IsTargeted ? EndOfItem(directive) : directive.Length;
        directive = directive[..end].TrimEnd(" \t");
        var equals = directive.IndexOf('=');
        var name = (equals < 0 ? directive : directive[..equals]).TrimEnd(" \t");
        var value = equals < 0 ? default : directive[(equals + 1)..].TrimStart(" \t");
        if (name.IsEmpty || name.ContainsAnyExcept(TokenChars) || (equals >= 0 && !IsValue(value)))
        {
            return this with { NoStore = true, HasKnown = true };
        }

        if (IsTargeted && value is "?0")
        {
            return this;
        }

        value = value.Trim('"');
        return name.Length switch
        {
            6 when Is(name, "public") => this with { Public = true, HasKnown = true },
            7 when Is(name, "private") => this with { Private = true, HasKnown = true },
            7 when Is(name, "max-age") => WithMaxAge(IsTargeted ? WithoutStale(value) : value),
            8 when Is(name, "no-store") => this with { NoStore = true, HasKnown = true },
            8 when Is(name, "no-cache") => this with { NoCache = true, HasKnown = true },
            8 when Is(name, "s-maxage") => this with { SharedMaxAge = true, HasKnown = true },
            14 when Is(name, "stale-if-error") => WithStaleIfError(value),
            15 when Is(name, "must-revalidate") => this with { MustRevalidate = true, HasKnown = true },
            15 when IsTargeted && Is(name, "no-store-remote") => this with { NoStore = true, HasKnown = true },
            16 when Is(name, "proxy-revalidate") => this with { MustRevalidate = true, HasKnown = true },
            _ => this,
        };
    }

    // An invalid number counts as stale at once, and of two the stricter one counts (RFC 9111, section 4.2.1).
    private CacheDirectives WithMaxAge(ReadOnlySpan<char> value) =>
        this with { MaxAge = Shorter(AgeRules.ParseSeconds(value), MaxAge), HasKnown = true };

    private CacheDirectives WithStaleIfError(ReadOnlySpan<char> value) =>
        this with { StaleIfError = Shorter(AgeRules.ParseSeconds(value), StaleIfError), HasKnown = true };

    private static int EndOfItem(ReadOnlySpan<char> directive)
    {
        var quoted = false;
        for (var i = 0; i < directive.Length; i++)
        {
            if (directive[i] == '\\' && quoted)
            {
                i++;
            }
            else if (directive[i] == '"')
            {
                quoted = !quoted;
            }
            else if (directive[i] == ';' && !quoted)
            {
                return i;
            }
        }

        return directive.Length;
    }

    // A token, or one quoted string to its end.
    private bool IsValue(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty)
        {
            return false;
        }

        if (value[0] != '"')
        {
            return !value.ContainsAnyExcept(TokenChars) || (IsTargeted && value is "?0" or "?1");
        }

        for (var i = 1; i < value.Length; i++)
        {
            if (value[i] == '\\')
            {
                i++;
            }
            else if (value[i] == '"')
            {
                return i == value.Length - 1;
            }
            else if (value[i] is < ' ' and not '\t')
            {
                return false;
            }
        }

        return false;
    }

    // Surrogate-Control: max-age=600+60 is fresh for 600 s.
    private static ReadOnlySpan<char> WithoutStale(ReadOnlySpan<char> value) =>
        value.IndexOf('+') is >= 0 and var plus ? value[..plus] : value;

    private static bool Is(ReadOnlySpan<char> name, string directive) => name.Equals(directive, StringComparison.OrdinalIgnoreCase);
}
