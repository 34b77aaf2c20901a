using Gateway.Configuration.Model;
using Gateway.Observability.History;

namespace Gateway.Notifications.Runbooks;

/// <summary>
/// What a runbook's decisions have done, outside of them. None of it waits: what comes of it goes back to <see cref="RunbookKeeper"/> with
/// one of its next turns.
/// </summary>
internal interface IRunbookEffects
{
    /// <summary>Asks for the fleet's permission to be the one gateway that acts.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="age">How long its condition has held.</param>
    void AskPermit(RunbookFault fault, TimeSpan age);

    /// <summary>Begins a step that is not a wait.</summary>
    void Begin(RunbookFault fault, RunbookStep step);

    /// <summary>A run is over: what it started ends, the destination is drained no longer, and the permit goes back.</summary>
    void End(RunbookFault fault);

    /// <summary>Something is to be told.</summary>
    /// <param name="one">The case as it is now.</param>
    /// <param name="news">What is new.</param>
    /// <param name="text">A sentence for people.</param>
    void Announce(RunbookCase one, RunbookNews news, string text);
}

/// <summary>What is new of a case.</summary>
internal enum RunbookNews
{
    /// <summary>A guard said no.</summary>
    Refused,

    /// <summary>It would have acted.</summary>
    Observed,

    /// <summary>It is known whether acting would have been right.</summary>
    Judged,

    /// <summary>A run began.</summary>
    Started,

    /// <summary>A step is over.</summary>
    Step,

    /// <summary>A run is over.</summary>
    Ended,
}
