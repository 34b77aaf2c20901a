using Gateway.Observability.History;

namespace Gateway.Notifications.Runbooks;

/// <summary>A fault that is due, and how far its case has come. Only <see cref="RunbookKeeper"/> touches it.</summary>
internal sealed class ActiveFault(RunbookFault fault)
{
    /// <summary>As it was when it became due, or its runbook changed; a run goes on after its condition has ended.</summary>
    public RunbookFault Fault { get; set; } = fault;

    /// <summary>What is kept of it; null: nothing yet.</summary>
    public RunbookCase? Case { get; set; }

    /// <summary>The reasons that were told already.</summary>
    public HashSet<RunbookRefusal> Told { get; } = [];

    /// <summary>The permit was asked for, and no response has come.</summary>
    public bool IsAsking { get; set; }

    /// <summary>The permit is not asked for before this.</summary>
    public TimeSpan AskFrom { get; set; }

    /// <summary>The run; null: none is under way.</summary>
    public RunbookRun? Run { get; set; }

    /// <summary>How the step under way ended; null: it has not.</summary>
    public StepResult? Result { get; set; }

    /// <summary>The fleet's permit was lost while the run was under way.</summary>
    public bool IsPermitLost { get; set; }

    /// <summary>When an observed run would have been over.</summary>
    public TimeSpan JudgeAt { get; set; }

    /// <summary>It is asking or running.</summary>
    public bool IsBusy => IsAsking || Run is not null;
}
