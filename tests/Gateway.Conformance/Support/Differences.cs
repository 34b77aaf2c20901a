namespace Gateway.Conformance.Support;

/// <summary>The two hops of a request through the gateway.</summary>
/// <param name="IsHttp2ToDestination">Whether the destination is spoken to in HTTP/2.</param>
/// <param name="IsHttp1Throughout">Whether both sides speak HTTP/1.1.</param>
/// <param name="IsDateNow">Whether the server writes the time of the response into <c>Date</c>, which then differs
/// from request to request.</param>
internal sealed record Hops(string Method, bool IsHttp2ToDestination, bool IsHttp1Throughout, bool IsDateNow);

/// <summary>
/// How a response through the gateway differs from the same response read directly. What may differ, as docs/http.md says,
/// stands here and nowhere else:
/// <list type="bullet">
/// <item>headers of one connection end at the gateway (<see cref="OneHop"/>), and so do those that <c>Connection</c> names;</item>
/// <item>one entry is added to <c>Via</c>;</item>
/// <item><c>X-Request-Id</c> is the gateway's;</item>
/// <item><c>Date</c> is added where there was none (RFC 9110 6.6.1);</item>
/// <item><c>Content-Length</c> is added to a whole response that had none, and left out beside chunks and trailers; in 204 it has no
/// place (RFC 9110 8.6);</item>
/// <item>interim responses end at the gateway;</item>
/// <item>an empty reason phrase becomes the usual one of its status.</item>
/// </list>
/// </summary>
internal static class Differences
{
    private static readonly string[] OneHop =
    [
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "proxy-authenticate"
    ];

    /// <summary>A sentence for each; empty: the same.</summary>
    public static List<string> Between(Hops hops, Reading direct, Reading through)
    {
        var found = new List<string>();
        void Compare(string what, object? expected, object? got)
        {
            if (!Equals(expected, got))
            {
                found.Add($"{what}: directly '{Shorten(expected)}', through the gateway '{Shorten(got)}'");
            }
        }

        Compare("end", direct.Error, through.Error);
        Compare("status", direct.Status, through.Status);
        if (hops.IsHttp1Throughout && direct.Reason is { Length: > 0 })
        {
            Compare("reason", direct.Reason, through.Reason);
        }

        Compare("body length", direct.Length, through.Length);
        Compare("body", direct.Hash, through.Hash);

        var expected = Fold(direct.Headers, HopHeaders(direct));
        var got = Fold(through.Headers, OneHop);
        Compare("via", (expected.Remove("via", out var before) ? before + " | " : "")
            + (hops.IsHttp2ToDestination ? "2.0 gateway" : "1.1 gateway"), got.Remove("via", out var via) ? via : null);
        expected.Remove("x-request-id");
        Compare("x-request-id is a UUID", expected: true, got.Remove("x-request-id", out var id) && Guid.TryParseExact(id, "D", out _));
        if (!expected.ContainsKey("date") || hops.IsDateNow)
        {
            Compare("date", expected: true, got.Remove("date"));
            expected.Remove("date");
        }

        CompareLength(hops, direct, expected, through, got, found);
        foreach (var name in expected.Keys.Union(got.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            Compare($"header {name}", expected.GetValueOrDefault(name), got.GetValueOrDefault(name));
        }

        Compare("trailers", Text(direct.Trailers), Text(through.Trailers));
        Compare("interim responses", 0, through.Interim.Count);
        return found;
    }

    private static void CompareLength(
        Hops hops,
        Reading direct,
        Dictionary<string, string> expected,
        Reading through,
        Dictionary<string, string> got,
        List<string> found)
    {
        expected.Remove("content-length", out var before);
        got.Remove("content-length", out var after);
        var may = before == after
            || (before is null
                && after == through.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)
                && direct.Status is not (204 or 304)
                && hops.Method != "HEAD")
            || (after is null && (direct.Trailers.Count > 0 || direct.Status == 204))
            || (direct.Status == 205 && after is null or "0");
        if (!may || (direct.Status == 204 && after is not null))
        {
            found.Add($"content-length: directly '{before}', through the gateway '{after}'");
        }
    }

    private static IEnumerable<string> HopHeaders(Reading direct) =>
        OneHop.Concat(direct.Headers
            .Where(line => line.Name.Equals("connection", StringComparison.OrdinalIgnoreCase))
            .SelectMany(line => line.Value.Split(',', StringSplitOptions.TrimEntries))
            .Select(name => name.ToLowerInvariant()));

    private static Dictionary<string, string> Fold(IEnumerable<HeaderLine> lines, IEnumerable<string> without) =>
        lines.Select(line => (Name: line.Name.ToLowerInvariant(), line.Value)).Where(line => !without.Contains(
            line.Name,
            StringComparer.Ordinal))
            .GroupBy(line => line.Name, StringComparer.Ordinal).ToDictionary(
                group => group.Key,
                group => string.Join(" | ", group.Select(line => line.Value)),
                StringComparer.Ordinal);

    private static string Text(IEnumerable<HeaderLine> lines) =>
        string.Join("; ", lines.Select(line => $"{line.Name.ToLowerInvariant()}: {line.Value}"));

    private static string? Shorten(object? value) => value?.ToString() is { Length: > 200 } text ? text[..200] + "…" : value?.ToString();
}
