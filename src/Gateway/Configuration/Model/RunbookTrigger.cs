namespace Gateway.Configuration.Model;

/// <summary>What must hold of a destination (<c>when</c> of a runbook).</summary>
/// <param name="Kind">What it looks at.</param>
/// <param name="Signal">The signal's name; null: another kind.</param>
internal sealed record RunbookTrigger(RunbookTriggerKind Kind, string? Signal = null)
{
    /// <summary>How long it must have held without a break. Default: 30 s. Limits: 1 s to 24 h.</summary>
    public TimeSpan For { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>What a runbook looks at.</summary>
internal enum RunbookTriggerKind
{
    /// <summary>The destination's health keeps it from serving.</summary>
    DestinationDown,

    /// <summary>A signal of the destination fires.</summary>
    Signal,

    /// <summary>An alarm of a forecast of the destination is not over.</summary>
    ForecastLikely,

    /// <summary>Its tier has lost destinations; the one that was lost first is meant.</summary>
    TierDegraded,
}
