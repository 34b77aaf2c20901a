namespace Gateway.Forwarding.Requests;

/// <summary>
/// What a destination is asked for: path and query byte for byte as the client wrote them, so that nothing is decoded or escaped twice on
/// the way. Only dot segments are resolved, as the matching of routes did: what was not matched is not asked for.
/// </summary>
internal static class RequestTarget
{
    /// <param name="raw">The target of the request line: <c>/path?query</c>, <c>http://host/path?query</c> or <c>*</c>.</param>
    /// <returns>Path and query; it begins with a slash.</returns>
    public static string Of(string raw)
    {
        var origin = raw;
        if (raw.Length == 0 || raw[0] != '/')
        {
            var authority = raw.IndexOf("://", StringComparison.Ordinal);
            var start = authority < 0 ? -1 : raw.AsSpan(authority + 3).IndexOfAny('/', '?');
            origin = start < 0 ? "/" : raw[(authority + 3 + start)..];
            if (origin[0] == '?')
            {
                origin = "/" + origin;
            }
        }

        var query = origin.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? origin.AsSpan() : origin.AsSpan(0, query);
        return HasDotSegment(path) ? Resolve(path, query < 0 ? [] : origin.AsSpan(query)) : origin;
    }

    /// <summary>
    /// True: with OPTIONS it asks about the server and no resource (RFC 9110, section 9.3.7). That is <c>*</c>, for which a client that
    /// takes the gateway for a proxy writes an absolute URL without path and query (RFC 9112, section 3.2.4).
    /// </summary>
    public static bool IsOfServer(string raw) =>
        raw is "*"
            || (raw is not ['/', ..]
                && raw.IndexOf("://", StringComparison.Ordinal) is > 0 and var authority
                && raw.AsSpan(authority + 3).IndexOfAny('/', '?') < 0);

    /// <summary>True: a segment of the path is <c>.</c> or <c>..</c>, escaped or not.</summary>
    public static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        // Nearly every path is through with one look for "/." and "/%".
        var at = 0;
        while (true)
        {
            var next = path[at..].IndexOf('/');
            if (next < 0)
            {
                return false;
            }

            at += next + 1;
            if (at < path.Length && path[at] is '.' or '%' && DotsOf(SegmentAt(path, at)) > 0)
            {
                return true;
            }
        }
    }

    /// <summary>RFC 3986, section 5.2.4.</summary>
    private static string Resolve(ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        var kept = new List<Range>();
        var at = 1;
        var endsOpen = false;
        while (at <= path.Length)
        {
            var segment = SegmentAt(path, at);
            var dots = DotsOf(segment);
            endsOpen = dots > 0;
            if (dots == 0)
            {
                kept.Add(at..(at + segment.Length));
            }
            else if (dots == 2 && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }

            at += segment.Length + 1;
        }

        var result = new System.Text.StringBuilder(path.Length + query.Length);
        foreach (var segment in kept)
        {
            result.Append('/').Append(path[segment]);
        }

        // "/a/.." is the folder "/", and "/a/b/." the folder "/a/b/".
        return (endsOpen || kept.Count == 0 ? result.Append('/') : result).Append(query).ToString();
    }

    private static ReadOnlySpan<char> SegmentAt(ReadOnlySpan<char> path, int at)
    {
        var rest = path[at..];
        var length = rest.IndexOf('/');
        return length < 0 ? rest : rest[..length];
    }

    /// <summary>1 for <c>.</c>, 2 for <c>..</c>, escaped or not; 0 for any other segment.</summary>
    private static int DotsOf(ReadOnlySpan<char> segment)
    {
        var dots = 0;
        while (!segment.IsEmpty)
        {
            var length = segment[0] == '.' ? 1 : segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase) ? 3 : 0;
            if (length == 0 || ++dots > 2)
            {
                return 0;
            }

            segment = segment[length..];
        }

        return dots;
    }
}
