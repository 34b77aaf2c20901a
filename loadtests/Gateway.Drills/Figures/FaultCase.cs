using Gateway.Drills.Faults;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>What a fault leaves of the service.</summary>
internal enum Extent
{
    /// <summary>Another destination of the first tier still serves: no transition is due.</summary>
    OneDestination,

    /// <summary>The first tier is out: exactly one transition to the standby is due.</summary>
    Tier,

    /// <summary>Nothing is left: the fallback chain answers.</summary>
    Everything,
}

/// <summary>One row of the design's table: a fault, and what users may notice of it.</summary>
/// <param name="Name">The row's name, for <c>--only</c>.</param>
/// <param name="Fault">What breaks.</param>
/// <param name="Extent">What is left.</param>
internal sealed record FaultCase(string Name, Fault Fault, Extent Extent)
{
    /// <summary>p99 at most, of the requests due while the fault lasts; null: the row sets none.</summary>
    public TimeSpan? P99 { get; init; }

    /// <summary>True: a whole tier's fault that shows in no probe and no error (only late): a transition may follow or not.</summary>
    public bool TransitionOptional { get; init; }

    /// <summary>Changes to the configuration.</summary>
    public IReadOnlyList<(string Path, string? Yaml)> Config { get; init; } = [];

    /// <summary>Requests that must not be answered by a file: the others have a last-good response. Default: true.</summary>
    public bool LastGoodKept { get; init; } = true;

    private const string With500 = "[connect, reset, timeout, truncated, 500, 502, 503, 504]";

    /// <summary>All rows, in the table's order.</summary>
    public static IReadOnlyList<FaultCase> All { get; } =
    [
        new("one-killed", new KillFault("p1"), Extent.OneDestination) { P99 = Thresholds.KilledP99 },
        new("both-killed", new KillFault("p1", "p2"), Extent.Tier) { P99 = Thresholds.KilledP99 },
        new("one-frozen", new FreezeFault("p1"), Extent.OneDestination) { P99 = Thresholds.FrozenP99 },
        new("both-frozen", new FreezeFault("p1", "p2"), Extent.Tier) { P99 = Thresholds.FrozenP99 },
        new("all-500", new HttpFault(new() { Mode = "500" }, "p1", "p2"), Extent.Tier)
        {
            Config = [("clusters.ai-guide.attempts.retryOn", With500)]
        },
        new("lying-health", new HttpFault(new() { Mode = "500", Health = "good" }, "p1", "p2"), Extent.Tier)
        {
            Config = [("clusters.ai-guide.attempts.retryOn", With500)]
        },
        new("one-slow", new HttpFault(Slow, "p1"), Extent.OneDestination) { P99 = Thresholds.SlowP99 },
        new("both-slow", new HttpFault(Slow, "p1", "p2"), Extent.Tier) { P99 = Thresholds.SlowP99, TransitionOptional = true },
        new("resets", new HttpFault(new() { Mode = "reset" }, "p1", "p2"), Extent.Tier),
        new("cut-half-way", new HttpFault(new() { Mode = "cut" }, "p1", "p2"), Extent.Tier),
        new("everything-dead", new KillFault("p1", "p2", "s1", "s2"), Extent.Everything) { P99 = Thresholds.DeadP99 },
        new("everything-dead-no-last-good", new KillFault("p1", "p2", "s1", "s2"), Extent.Everything)
        {
            P99 = Thresholds.DeadP99,
            LastGoodKept = false,
            Config = [("routes.recommend.lastGood", null), ("routes.recommend.fallback", "[ { file: recommend.json } ]")],
        },
    ];

    private static GuideFault Slow => new() { Mode = "slow", Delay = TimeSpan.FromSeconds(1.5) };
}
