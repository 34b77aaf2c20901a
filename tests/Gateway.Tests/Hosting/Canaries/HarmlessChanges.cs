namespace Gateway.Tests.Hosting.Canaries;

/// <summary>A hundred valid changes that harm no user of the configuration of <see cref="PlantedChangesTests"/>.</summary>
internal static class HarmlessChanges
{
    private static readonly string[] OfTheCluster =
    [
        "balance: roundRobin", "balance: powerOfTwo", "balance: leastRequests", "balance: random", "balance: peakEwma",
        "slo: 99%", "slo: 99.5%", "slo: 99.8%", "slo: 99.95%", "slo: 99.99%",
        "slowStart: 1s", "slowStart: 5s", "slowStart: 10s",
        "overflow: next", "overflow: fallback",
        "queue: { max: 10, wait: 100ms }", "queue: { max: 100, wait: 200ms }", "queue: { max: 500, wait: 1s }",
        "affinity: { header: X-Conversation-Id }", "affinity: { cookie: sid }",
        "passive: { consecutiveFailures: 4 }", "passive: { consecutiveFailures: 5 }", "passive: { consecutiveFailures: 8 }",
        "passive: { ejectFor: 3s }", "passive: { ejectFor: 10s }", "passive: { window: 20s }", "passive: { failureRatio: 60% }",
        "passive: { minimumRequests: 30 }",
        "forecast: off", "forecast: observe",
        "failover: { switchAfter: 1s }", "failover: { switchAfter: 2s }",
        "failback: { after: 10s }", "failback: { after: 20s }", "failback: { after: 45s }", "failback: { after: 60s }",
        "failback: { ramp: 10s }", "failback: { ramp: 60s }",
        "responseBuffer: 0", "responseBuffer: 16KiB", "responseBuffer: 32KiB", "responseBuffer: 128KiB",
        "responseBuffer: 256KiB", "responseBuffer: 1MiB",
        "via: response", "via: off",
    ];

    private static readonly (string Of, string[] Instead)[] Replaced =
    [
        ("attempts: { max: 2 }", ["attempts: { max: 3 }", "attempts: { max: 4 }", "attempts: { max: 2, hedge: off }",
            "attempts: { max: 2, hedge: 100ms }", "attempts: { max: 2, hedge: 500ms }", "attempts: { max: 2, retryBudget: 30% }",
            "attempts: { max: 2, retryBudget: 10% }", "attempts: { max: 2, requestBuffer: 128KiB }"]),
        ("timeouts: { firstByte: 4s }", ["timeouts: { firstByte: 5s }", "timeouts: { firstByte: 6s }", "timeouts: { firstByte: 8s }",
            "timeouts: { firstByte: 10s }", "timeouts: { firstByte: 20s }", "timeouts: { firstByte: 4s, connect: 1s }",
            "timeouts: { firstByte: 4s, idle: 90s }", "timeouts: { firstByte: 4s, total: 120s }"]),
        ("probe: { path: /health, interval: 500ms, timeout: 400ms }", ["probe: { path: /health, interval: 600ms, timeout: 400ms }",
            "probe: { path: /health, interval: 700ms, timeout: 400ms }", "probe: { path: /health, interval: 1s, timeout: 400ms }",
            "probe: { path: /health, interval: 2s, timeout: 400ms }", "probe: { path: /health, interval: 500ms, timeout: 300ms }",
            "probe: { path: /health, interval: 500ms, timeout: 350ms }",
            "probe: { path: /health, interval: 500ms, timeout: 400ms, rise: 2 }",
            "probe: { path: /health, interval: 500ms, timeout: 400ms, rise: 4 }",
            "probe: { path: /health, interval: 500ms, timeout: 400ms, fall: 3 }",
            "probe: { path: /health, interval: 500ms, timeout: 400ms, fall: 4 }",
            "probe: { path: /ready, interval: 500ms, timeout: 400ms }", "probe: { path: /healthz, interval: 500ms, timeout: 400ms }"]),
        ("  search:\n    match: { path: /api/search }\n    cluster: guide\n", [.. new[]
        {
            "lastGood: {}", "lastGood: {}\n    fallback: [ lastGood ]", "rewrite: { prefix: /v1 }",
            "rateLimit: { rate: 9000/s, burst: 900 }", "deny: [ 203.0.113.0/24 ]", "allow: [ 127.0.0.0/8, \"::1/128\" ]",
        }.Select(static more => $"  search:\n    match: {{ path: /api/search }}\n    cluster: guide\n    {more}\n")]),
        ("  recommend:\n    match: { path: /api/recommend }\n    cluster: guide\n", [.. new[]
        {
            "lastGood: {}", "lastGood: {}\n    fallback: [ lastGood ]", "rewrite: { prefix: /v1 }",
            "rateLimit: { rate: 9000/s, burst: 900 }", "deny: [ 203.0.113.0/24 ]", "allow: [ 127.0.0.0/8, \"::1/128\" ]",
        }.Select(static more => $"  recommend:\n    match: {{ path: /api/recommend }}\n    cluster: guide\n    {more}\n")]),
        ("version: 1\n", ["version: 1\ncompression: on\n", "version: 1\ndrain: 2s\n", "version: 1\nlimits: { requestBody: 20MiB }\n",
            "version: 1\nlimits: { requestHeaders: 64KiB }\n"]),
        ("routes:\n", [.. Enumerable.Range(1, 4).Select(static n =>
            $"routes:\n  new{n}:\n    match: {{ path: \"/api/new{n}/{{**rest}}\" }}\n    cluster: guide\n")]),
    ];

    /// <summary>The changed files.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="first">The first destination of it.</param>
    /// <param name="third">A server that is not one of its destinations yet.</param>
    public static IEnumerable<(string Name, string Text)> Of(string text, string first, string third)
    {
        const string anchor = "    attempts: { max: 2 }\n";
        foreach (var line in OfTheCluster)
        {
            yield return (line, Changed(text, anchor, $"{anchor}    {line}\n"));
        }

        foreach (var (before, instead) in Replaced)
        {
            foreach (var after in instead)
            {
                yield return (after, Changed(text, before, after));
            }
        }

        foreach (var more in (string[])["weight: 2", "weight: 3", "weight: 5", "maxInFlight: 500"])
        {
            yield return (more, Changed(text, $"[ \"{first}\", ", $"[ {{ url: \"{first}\", {more} }}, "));
        }

        yield return ("a third destination", Changed(text, $"[ \"{first}\", ", $"[ \"{third}\", \"{first}\", "));
        yield return ("capacity: auto", Changed(text, "- { name: standby, ", "- { name: standby, capacity: auto, "));
    }

    private static string Changed(string text, string before, string after)
    {
        var place = text.IndexOf(before, StringComparison.Ordinal);
        return place >= 0
            ? string.Concat(text.AsSpan(0, place), after, text.AsSpan(place + before.Length))
            : throw new InvalidOperationException($"The configuration has no {before}");
    }
}
