namespace Gateway.Failover;

/// <summary>What serves a cluster now and what changes next, in the words that page, command and <c>/status</c> share.</summary>
/// <param name="Condition">In a word.</param>
/// <param name="Now">One sentence: what serves, since when and why. It speaks of what has happened and of what is, never of what will
/// be.</param>
/// <param name="Next">One sentence: the next change, when and why, or what is awaited.</param>
/// <param name="Change">The same for programs.</param>
internal sealed record Outlook(ClusterCondition Condition, string Now, string Next, NextChange Change);

/// <summary>The next change of a cluster.</summary>
/// <param name="Tier">The tier that gains by it; null with a time: none, and the fallback chain answers from then on; null without one:
/// it is not known, or no change is in sight.</param>
/// <param name="At">When it is due; null: no time can be given.</param>
/// <param name="Because">What it rests on, or what is awaited.</param>
internal sealed record NextChange(string? Tier, DateTimeOffset? At, string Because);

/// <summary>The condition of a cluster in a word. A closed set: pages choose colour and runbook by it.</summary>
internal enum ClusterCondition
{
    /// <summary>The first tier serves with all it has.</summary>
    Normal,

    /// <summary>The first round of probes is not over.</summary>
    Starting,

    /// <summary>A tier has lost destinations.</summary>
    Degraded,

    /// <summary>The active tier cannot serve, and is not left yet.</summary>
    FailingOver,

    /// <summary>A later tier serves.</summary>
    FailedOver,

    /// <summary>A better tier takes over step by step.</summary>
    Ramping,

    /// <summary>An operator holds a tier.</summary>
    Held,

    /// <summary>No tier can serve.</summary>
    Exhausted,
}
