using System.Collections.Immutable;

namespace Gateway.Cli.Planning;

/// <summary>How much a change may cost users.</summary>
internal enum PlanRisk
{
    /// <summary>Nothing changes.</summary>
    None,

    /// <summary>Nothing that users notice while all is well.</summary>
    Low,

    /// <summary>Users may notice it: waits, retries, stored responses, health that starts unknown.</summary>
    Medium,

    /// <summary>Requests go elsewhere or nowhere, or a failure costs more than before.</summary>
    High,
}

/// <summary>One difference, by what it means.</summary>
/// <param name="Risk">How much it may cost.</param>
/// <param name="Subject">What it is about, such as <c>cluster ai-guide</c>.</param>
/// <param name="Text">What changes, as a sentence.</param>
/// <param name="Witness">A request that shows it; null: none does.</param>
/// <param name="Further">So many other requests that were tried show the same.</param>
internal sealed record PlanFinding(PlanRisk Risk, string Subject, string Text, string? Witness = null, int Further = 0)
{
    /// <summary>Whether it harms anybody a probe of every destination tells: of high risk as long as none was made.</summary>
    public bool ProbesTell { get; init; }

    /// <summary>Whether it harms anybody the statuses of the first requests tell: it refuses some, and changes no response.</summary>
    public bool StatusesTell { get; init; }
}

/// <summary>What a changed configuration does that the one before it does not.</summary>
/// <param name="Findings">The worst first.</param>
/// <param name="Witnesses">How many requests were tried on both.</param>
internal sealed record ConfigPlan(ImmutableArray<PlanFinding> Findings, int Witnesses)
{
    /// <summary>The worst of them.</summary>
    public PlanRisk Risk => Findings.IsEmpty ? PlanRisk.None : Findings[0].Risk;
}
