using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Plans;

/// <summary>One drill: what stands, what is sent, what breaks when, and what must hold all the same.</summary>
internal sealed record DrillPlan
{
    /// <summary>The file's name without its ending; what the command line calls it.</summary>
    public required string Name { get; init; }

    /// <summary>A sentence for people.</summary>
    public string About { get; init; } = string.Empty;

    /// <summary>Names under which several drills are run together.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Which part of the gateway it holds: with that part switched off, the drill fails.</summary>
    public string Guards { get; init; } = string.Empty;

    /// <summary>
    /// Changes of the configuration that take that part out: with them the drill must fail, else it guards nothing.
    /// Empty: it cannot be switched off.
    /// </summary>
    public IReadOnlyList<(string Path, string? Yaml)> Without { get; init; } = [];

    /// <summary>The expectations, by their keys, that do not hold then.</summary>
    public IReadOnlyList<string> Misses { get; init; } = [];

    /// <summary>What stands.</summary>
    public required EnvironmentPlan Environment { get; init; }

    /// <summary>What is sent.</summary>
    public required LoadShape Load { get; init; }

    /// <summary>What happens, in the order of its time.</summary>
    public required IReadOnlyList<ScheduledStep> Timeline { get; init; }

    /// <summary>What must hold.</summary>
    public required ExpectPlan Expect { get; init; }
}

/// <summary>Own guides and gateway, or a gateway that runs already.</summary>
internal sealed record EnvironmentPlan
{
    /// <summary>What is started; ignored when <see cref="Url"/> is set.</summary>
    public TestBedOptions Bed { get; init; } = new();

    /// <summary>The public listener of a gateway that runs already. Default: null, an own one is started.</summary>
    public string? Url { get; init; }

    /// <summary>The admin endpoint of the running gateway. Null: no metrics, no journal, no expectations about tiers.</summary>
    public string? AdminUrl { get; init; }

    /// <summary>The token for the admin endpoint.</summary>
    public string? Token { get; init; }

    /// <summary>Load may be sent to another machine. Default: false.</summary>
    public bool AllowTarget { get; init; }
}

/// <summary>How much of what is sent, and how long.</summary>
internal sealed record LoadShape
{
    /// <summary>Stretches of rates, one after the other.</summary>
    public required IReadOnlyList<(double From, double To, TimeSpan For)> Stretches { get; init; }

    /// <summary>What is sent, with weights.</summary>
    public IReadOnlyList<(string Kind, int Weight)> Mix { get; init; } = [("recommend", 1)];

    /// <summary>Load before anything counts, at the first rate. Default: 5 s.</summary>
    public TimeSpan Warm { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The share of clients that go away before their response.</summary>
    public double Vanishing { get; init; }

    /// <summary>How many different users ask. Default: 200.</summary>
    public int Users { get; init; } = 200;

    /// <summary>All of it.</summary>
    public TimeSpan For => TimeSpan.FromTicks(Stretches.Sum(stretch => stretch.For.Ticks));

    /// <summary>When requests are due.</summary>
    public RateProfile Profile() => Stretches.Aggregate(new RateProfile(), (profile, next) => profile.Then(next.From, next.To, next.For));

    /// <summary>The scenarios; orders get ids that begin with <paramref name="prefix"/>.</summary>
    public IReadOnlyList<Scenario> Scenarios(string prefix) => [.. Mix.Select(kind => Kinds.Create(kind.Kind, kind.Weight, prefix, Users))];
}

/// <summary>One step at its time.</summary>
/// <param name="At">After the load begins.</param>
/// <param name="Step">What is done.</param>
internal sealed record ScheduledStep(TimeSpan At, Step Step);

/// <summary>What must hold; null: not asked.</summary>
internal sealed record ExpectPlan
{
    /// <summary>Requests whose user got nothing of use: at most this share. Default: none.</summary>
    public double FailedShare { get; init; }

    /// <summary>At most so many failed; takes the place of the share.</summary>
    public int? Failed { get; init; }

    /// <summary>Responses that no tier gave: at most this share.</summary>
    public double? Degraded { get; init; }

    /// <summary>Responses from a file or built in: at most so many.</summary>
    public int? Static { get; init; }

    /// <summary>p99 of the requests due while something was broken.</summary>
    public TimeSpan? P99 { get; init; }

    /// <summary>The longest wait of those.</summary>
    public TimeSpan? Max { get; init; }

    /// <summary>From the first fault to another active tier.</summary>
    public TimeSpan? SwitchWithin { get; init; }

    /// <summary>From the last recovery until the first tier is the active one again.</summary>
    public TimeSpan? BackWithin { get; init; }

    /// <summary>From the last recovery to the end of the last response that was not live.</summary>
    public TimeSpan? LiveWithin { get; init; }

    /// <summary>After the last recovery two tiers share the load for at least so long.</summary>
    public TimeSpan? RampAtLeast { get; init; }

    /// <summary>No order executed twice, none acknowledged and not executed.</summary>
    public bool PostOnce { get; init; }

    /// <summary>Exactly these transitions, in any order: <c>primary-&gt;standby</c>.</summary>
    public IReadOnlyList<string>? Transitions { get; init; }

    /// <summary>At most so many transitions.</summary>
    public int? TransitionsAtMost { get; init; }

    /// <summary>Attempts beyond the first as a share of requests; three a second are always free.</summary>
    public double? ExtraAttempts { get; init; }

    /// <summary>Of the responses that were not live, at least this share was a last-good response.</summary>
    public double? Coverage { get; init; }

    /// <summary>
    /// Each of these answered at least once: a tier's guides, lastGood, file, builtIn. A drill that broke nothing shows here.
    /// </summary>
    public IReadOnlyList<string> Seen { get; init; } = [];

    /// <summary>How late the generator may be (p99). Default: <see cref="Figures.Thresholds.GeneratorLateness"/>.</summary>
    public TimeSpan? Lateness { get; init; }
}
