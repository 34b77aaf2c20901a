namespace Gateway.Forwarding.Requests;

/// <summary>
/// Segments of a path as the client wrote it. It begins with a slash, and its dot segments are resolved, as those of
/// the path that was matched are.
/// </summary>
internal static class PathText
{
    /// <summary>The path of a target.</summary>
    public static ReadOnlySpan<char> Of(string target) =>
        target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? target.AsSpan(0, query) : target;

    /// <summary>One segment; empty where the path ends before it.</summary>
    public static ReadOnlySpan<char> Segment(ReadOnlySpan<char> path, int number)
    {
        var rest = From(path, number);
        var end = rest.IndexOf('/');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>The path from one segment on, without a slash before it; empty where the path ends before it.</summary>
    public static ReadOnlySpan<char> From(ReadOnlySpan<char> path, int number)
    {
        for (var i = 0; ; i++)
        {
            var slash = path.IndexOf('/');
            if (slash < 0)
            {
                return default;
            }

            path = path[(slash + 1)..];
            if (i == number)
            {
                return path;
            }
        }
    }
}
