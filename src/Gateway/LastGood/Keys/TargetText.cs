using Microsoft.AspNetCore.Http.Features;

namespace Gateway.LastGood.Keys;

/// <summary>Path and query of a request as the client wrote them, which is what the destination is asked for.</summary>
/// <remarks>
/// A key made of the decoded path would be shared by different URLs: <c>/p%3Fx=1</c> decodes to <c>/p?x=1</c>, so one user could replace
/// what others get.
/// </remarks>
internal readonly ref struct TargetText
{
    private TargetText(ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        Path = path;
        Query = query;
    }

    /// <summary>Begins with a slash.</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Without the question mark; empty: there is none.</summary>
    public ReadOnlySpan<char> Query { get; }

    /// <summary>Reads <c>/path?query</c> or <c>http://host/path?query</c>.</summary>
    /// <returns>False: any other form, or a character that no target has (RFC 3986); such a request has no key.</returns>
    public static bool TryRead(HttpRequest request, out TargetText target)
    {
        target = default;
        var raw = (request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget).AsSpan();
        if (raw.IsEmpty || raw.ContainsAnyExceptInRange('!', '~'))
        {
            return false;
        }

        if (raw[0] != '/')
        {
            var authority = raw.IndexOf("://", StringComparison.Ordinal);
            if (authority < 0)
            {
                return false;
            }

            raw = raw[(authority + 3)..];
            var origin = raw.IndexOfAny('/', '?');
            raw = origin < 0 ? default : raw[origin..];
        }

        var query = raw.IndexOf('?');
        var path = query < 0 ? raw : raw[..query];
        target = new TargetText(path.IsEmpty ? "/" : path, query < 0 ? default : raw[(query + 1)..]);
        return true;
    }

    /// <summary>
    /// Adds the path in its normal form: escapes as <see cref="EscapedText"/> writes them, dot segments removed (RFC 3986, section 5.2.4),
    /// as they are for the destination.
    /// </summary>
    public void AppendPathTo(ref KeyBuilder key)
    {
        if (!Path.Contains('%') && !Path.Contains("/.", StringComparison.Ordinal))
        {
            key.Append(Path);
            return;
        }

        var root = key.Text.Length;
        var endsInDots = false;
        for (var rest = Path; !rest.IsEmpty && !key.TooLong;)
        {
            var length = rest[1..].IndexOf('/');
            var start = key.Text.Length;
            key.Append('/');
            EscapedText.Append(length < 0 ? rest[1..] : rest.Slice(1, length), ref key);
            rest = length < 0 ? default : rest[(length + 1)..];

            var dots = key.TooLong ? 0 : key.Text[(start + 1)..] switch { "." => 1, ".." => 2, _ => 0 };
            endsInDots = dots > 0;
            if (dots > 0)
            {
                key.CutTo(start);
            }

            if (dots == 2)
            {
                var parent = key.Text[root..].LastIndexOf('/');
                key.CutTo(root + Math.Max(0, parent));
            }
        }

        if (endsInDots || key.Text.Length == root)
        {
            key.Append('/');
        }
    }
}
