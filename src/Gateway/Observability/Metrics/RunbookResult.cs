namespace Gateway.Observability.Metrics;

/// <summary>What came of a fault that a runbook is for.</summary>
internal enum RunbookResult
{
    /// <summary>The destination passed its probe after the run.</summary>
    Healed,

    /// <summary>It was well before anything was done.</summary>
    Recovered,

    /// <summary>The run was ended before its last step.</summary>
    Interrupted,

    /// <summary>A step failed, or the destination did not pass its probe.</summary>
    Escalated,

    /// <summary>It would have acted, and only observes.</summary>
    Observed,

    /// <summary>A guard kept it from acting.</summary>
    Refused,
}
