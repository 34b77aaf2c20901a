namespace Gateway.Failover;

/// <summary>Why the active tier changed. A closed set: it is a metric's label.</summary>
internal enum TransitionReason
{
    /// <summary>The active tier cannot serve; another can.</summary>
    Failover,

    /// <summary>A better tier could serve for long enough and takes over, by a ramp.</summary>
    Failback,

    /// <summary>The tier that had just taken over could not hold it.</summary>
    Relapse,

    /// <summary>No tier can serve.</summary>
    Exhausted,

    /// <summary>A tier can serve after none could.</summary>
    Recovered,

    /// <summary>An operator holds a tier.</summary>
    Hold,

    /// <summary>An operator let the held tier go.</summary>
    Release,

    /// <summary>The active tier left the configuration.</summary>
    Config,
}

/// <summary>A change of the active tier, announced exactly once.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="From">The tier that served; null: none could.</param>
/// <param name="To">The tier that serves; null: none can.</param>
/// <param name="Reason">Why.</param>
/// <param name="Evidence">What it rests on, in words for people.</param>
/// <param name="At">When.</param>
internal sealed record Transition(string Cluster, string? From, string? To, TransitionReason Reason, string Evidence, DateTimeOffset At)
{
    /// <summary>Why, as the second half of a sentence about what has served since; empty: nothing is known.</summary>
    public string Cause { get; init; } = "";
}
