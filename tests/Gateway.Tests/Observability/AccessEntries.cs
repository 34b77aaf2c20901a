using Gateway.Observability;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;

namespace Gateway.Tests.Observability;

/// <summary>Lines of the access log as docs/observability.md shows them, and such that a hostile client sends.</summary>
internal static class AccessEntries
{
    public static AccessEntry Example { get; } = new()
    {
        Time = new DateTimeOffset(2026, 11, 26, 12, 0, 0, 123, TimeSpan.Zero),
        Id = "019ac0a5-3f00-7a54-9c1e-5f0d1b7c9e21",
        Client = "203.0.113.7",
        Method = "GET",
        Path = "/api/guide/recommend",
        Query = "?category=tea&token=***",
        Protocol = "HTTP/2",
        Status = 200,
        Outcome = RequestOutcome.Live,
        Cause = TerminationCause.Ok,
        Route = "recommend",
        Cluster = "ai-guide",
        Tier = "primary",
        Destination = "guide-b",
        Attempts =
        [
            new("guide-a", "primary", "first", "reset", 0, TimeSpan.FromMilliseconds(3.1)),
            new("guide-b", "primary", "retry", "success", 200, TimeSpan.FromMilliseconds(9))
        ],
        SavedBy = SavedBy.Retry,
        Step = null,
        BytesIn = 0,
        BytesOut = 1832,
        FirstByte = TimeSpan.FromMilliseconds(12.1),
        Total = TimeSpan.FromMilliseconds(12.3),
        Tls = "1.3",
        UserAgent = "curl/7.88.1",
    };

    /// <summary>What was tried against logs: a second line, a second field, a terminal's own words, writing backwards.</summary>
    public static AccessEntry Hostile { get; } = Example with
    {
        Method = "GET\r\n2026-11-26 12:00:00.000Z ERR forged",
        Path = "/a\" 200 outcome=live \\",
        Query = "?q=\u001b[31m\u2028\u202e",
        UserAgent = "x\"\n{\"level\":\"error\"}",
        Id = "a\"b\\c",
    };
}
