namespace Gateway.Notifications.Runbooks;

/// <summary>How far a run has come. Immutable; <see cref="RunbookProgress"/> moves it.</summary>
/// <param name="Step">The step, from 0; the number of steps: the proof after the last one.</param>
/// <param name="StepSince">When that step began.</param>
internal readonly record struct RunbookRun(int Step, TimeSpan StepSince)
{
    /// <summary>The step's command was given, or its program started.</summary>
    public bool IsBegun { get; init; }

    /// <summary>A step changed something outside of the gateway.</summary>
    public bool HasActed { get; init; }
}

/// <summary>What a run sees when it is asked to move.</summary>
internal readonly record struct RunbookSight
{
    /// <summary>It passes its probes, seen since the step began.</summary>
    public bool PassesProbes { get; init; }

    /// <summary>Its health lets it serve: no ejection, no half-open probe is open.</summary>
    public bool IsUp { get; init; }

    /// <summary>Requests of this gateway that are under way to it.</summary>
    public int InFlight { get; init; }

    /// <summary>How the step's command, program or request ended; null: it has not.</summary>
    public StepResult? Result { get; init; }

    /// <summary>The condition that the run began for holds no more.</summary>
    public bool IsOver { get; init; }

    /// <summary>A guard that has since said no; null: none.</summary>
    public RunbookRefusal? Refusal { get; init; }

    /// <summary>An operator drains the destination, whatever else is refused.</summary>
    public bool IsDrainedByOperator { get; init; }

    /// <summary>The destination, the runbook or the cluster left the configuration.</summary>
    public bool IsGone { get; init; }
}

/// <summary>How a step's work ended.</summary>
/// <param name="Done">It was done.</param>
/// <param name="Text">A few words for the journal, without an end.</param>
internal sealed record StepResult(bool Done, string Text);

/// <summary>What is to be done next in a run.</summary>
/// <param name="Kind">What.</param>
/// <param name="Run">How far it has come with that.</param>
/// <param name="Text">Of an end, or of a step that is over: why, in words without an end; empty: nothing is to be said.</param>
internal readonly record struct RunbookMove(RunbookMoveKind Kind, RunbookRun Run, string Text = "");

/// <summary>What is to be done next.</summary>
internal enum RunbookMoveKind
{
    /// <summary>Nothing yet.</summary>
    Wait,

    /// <summary>The step begins: its command is to be given, or its program started.</summary>
    Begin,

    /// <summary>The step is over; ask again.</summary>
    Next,

    /// <summary>The destination has proved itself.</summary>
    Healed,

    /// <summary>It was well before anything was done to it.</summary>
    Recovered,

    /// <summary>A step failed, or the destination did not prove itself: people must see to it.</summary>
    Escalated,

    /// <summary>A guard said no, or what it was for is gone.</summary>
    Interrupted,
}
