namespace Gateway.Observability.History;

/// <summary>One fault that a runbook is for, and what came of it.</summary>
/// <param name="At">When the runbook was to act.</param>
/// <param name="Runbook">Its name.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Tier">The tier's name.</param>
/// <param name="Destination">The destination's name.</param>
/// <param name="LostAt">Since when the condition held.</param>
/// <param name="Outcome">What came of it.</param>
internal sealed record RunbookCase(
    DateTimeOffset At,
    string Runbook,
    string Cluster,
    string Tier,
    string Destination,
    DateTimeOffset LostAt,
    RunbookOutcome Outcome) : IKept<RunbookCase>
{
    /// <summary>Its number, growing; 0 until it was kept.</summary>
    public long Id { get; init; }

    /// <summary>Why, in words without an end.</summary>
    public string Text { get; init; } = "";

    /// <summary>When the run was over; null: it is not, or there was none.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the condition held no more; null: it still does, or that was not seen.</summary>
    public DateTimeOffset? WellAt { get; init; }

    /// <summary>It counts against the runs of an hour.</summary>
    public bool IsRun => Outcome is not (RunbookOutcome.Refused or RunbookOutcome.Elsewhere);

    /// <summary>A run would have been made, and was not.</summary>
    public bool IsOnlyObserved => Outcome is RunbookOutcome.Observed or RunbookOutcome.Right or RunbookOutcome.Needless;

    /// <summary>The gateway acted on the destination.</summary>
    public bool HasActed => Outcome is RunbookOutcome.Healed or RunbookOutcome.Escalated;

    /// <inheritdoc/>
    public RunbookCase WithId(long id) => this with { Id = id };

    /// <inheritdoc/>
    /// <remarks>A run that an earlier process left under way ended with it.</remarks>
    public RunbookCase AfterRestart() => Outcome != RunbookOutcome.Running
        ? this
        : this with { Outcome = RunbookOutcome.Interrupted, Text = "the gateway ended", EndedAt = At };
}

/// <summary>What came of a fault that a runbook is for. A closed set; the file keeps the numbers.</summary>
internal enum RunbookOutcome
{
    /// <summary>A guard kept it from acting.</summary>
    Refused = 0,

    /// <summary>Another gateway of the fleet did it.</summary>
    Elsewhere = 1,

    /// <summary>It would have acted; whether that would have been right is not known yet.</summary>
    Observed = 2,

    /// <summary>It would have acted, and the destination was still not well when such a run would have been over.</summary>
    Right = 3,

    /// <summary>It would have acted, and the destination was well by itself before such a run would have been over.</summary>
    Needless = 4,

    /// <summary>A run is under way.</summary>
    Running = 5,

    /// <summary>The destination passed its probe.</summary>
    Healed = 6,

    /// <summary>The destination was well before anything was done.</summary>
    Recovered = 7,

    /// <summary>A guard, an operator, a reload or the gateway's stop ended the run.</summary>
    Interrupted = 8,

    /// <summary>A step failed, or the destination did not pass its probe.</summary>
    Escalated = 9,
}
