using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood;

/// <summary>The directives of <c>Cache-Control</c> that matter here (RFC 9111, section 5.2, and RFC 5861, section 4).</summary>
internal readonly record struct CacheDirectives
{
    /// <summary><c>no-store</c>.</summary>
    public bool NoStore { get; init; }

    /// <summary><c>private</c>, with or without field names: the qualified form is treated as the strict one, which RFC 9111, section 5.2.2.7, allows.</summary>
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

    /// <summary>Reads all header lines; a directive that is not understood is passed over, one that is malformed is taken in its strict sense.</summary>
    public static CacheDirectives Parse(StringValues header)
    {
        var found = default(CacheDirectives);
        for (var i = 0; i < header.Count; i++)
        {
            var line = header[i].AsSpan();
            while (!line.IsEmpty)
            {
                found = found.With(Next(ref line));
            }
        }

        return found;
    }

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
        var equals = directive.IndexOf('=');
        var name = (equals < 0 ? directive : directive[..equals]).Trim();
        var value = equals < 0 ? default : directive[(equals + 1)..].Trim().Trim('"');
        return name.Length switch
        {
            6 when Is(name, "public") => this with { Public = true },
            7 when Is(name, "private") => this with { Private = true },
            7 when Is(name, "max-age") => this with { MaxAge = Seconds(value) },
            8 when Is(name, "no-store") => this with { NoStore = true },
            8 when Is(name, "no-cache") => this with { NoCache = true },
            8 when Is(name, "s-maxage") => this with { SharedMaxAge = true },
            14 when Is(name, "stale-if-error") => this with { StaleIfError = Seconds(value) },
            15 when Is(name, "must-revalidate") => this with { MustRevalidate = true },
            16 when Is(name, "proxy-revalidate") => this with { MustRevalidate = true },
            _ => this,
        };
    }

    private static bool Is(ReadOnlySpan<char> name, string directive) => name.Equals(directive, StringComparison.OrdinalIgnoreCase);

    // An invalid number counts as stale at once (RFC 9111, section 4.2.1), one too large as the largest (section 1.2.2).
    private static long Seconds(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty || value.ContainsAnyExceptInRange('0', '9'))
        {
            return 0;
        }

        return value.Length <= 10 && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, int.MaxValue) : int.MaxValue;
    }
}
