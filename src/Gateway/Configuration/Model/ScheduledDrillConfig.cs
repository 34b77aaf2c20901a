using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>A drill that runs once in each of its windows (<c>drills.schedule</c>).</summary>
internal sealed record ScheduledDrillConfig
{
    /// <summary>A window must be so much longer than <see cref="For"/>: the drill needs time to end in it.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>Unique; journal, metrics and holds show it.</summary>
    public string Name { get; init; } = "";

    /// <summary>The cluster that is rehearsed.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>What is taken away. Default: the first tier.</summary>
    public DrillLoss Lose { get; init; } = DrillLoss.Tier;

    /// <summary>Days of the week on which a window begins. Default: every day.</summary>
    public ImmutableArray<DayOfWeek> Days { get; init; } =
    [
        DayOfWeek.Monday,
        DayOfWeek.Tuesday,
        DayOfWeek.Wednesday,
        DayOfWeek.Thursday,
        DayOfWeek.Friday,
        DayOfWeek.Saturday,
        DayOfWeek.Sunday,
    ];

    /// <summary>The time of day (UTC) in which it may run.</summary>
    public DailyWindow Window { get; init; }

    /// <summary>How long the loss lasts. Default: 5 min. Limits: 30 s to 1 h.</summary>
    public TimeSpan For { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The share of the cluster's requests since its begin that may count against its objective; with more, and at least three, it stops.
    /// Default: 0.01.
    /// </summary>
    public double StopAbove { get; init; } = 0.01;

    /// <summary>True: the other one says the same; records compare lists by reference.</summary>
    public bool SaysTheSameAs(ScheduledDrillConfig other) =>
        this with { Days = [] } == other with { Days = [] } && Days.AsSpan().SequenceEqual(other.Days.AsSpan());
}
