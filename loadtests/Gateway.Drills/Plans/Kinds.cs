using Gateway.Drills.Load;

namespace Gateway.Drills.Plans;

/// <summary>The kinds of requests that a drill file can mix.</summary>
internal static class Kinds
{
    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["recommend", "pages", "trending", "chat", "cart"];

    /// <summary>Makes one.</summary>
    public static Scenario Create(string kind, int weight, string prefix, int users) => kind switch
    {
        "recommend" => new RecommendScenario(weight, users),
        "pages" => new PageScenario("/guide/about", weight, kind),
        "trending" => new PageScenario("/api/guide/trending/shoes", weight, kind),
        "chat" => new ChatScenario(tokens: 10, intervalMs: 50, weight),
        "cart" => new CartScenario(prefix, weight),
        _ => throw new ArgumentException($"There is no kind of request '{kind}'.", nameof(kind)),
    };
}
