using Gateway.Failover;

namespace Gateway.Admin.Endpoints;

/// <summary>What an operator's request comes to before it is carried out.</summary>
/// <param name="Kind">Its kind in the journal.</param>
/// <param name="Command">What the failover loop is told; null: nothing, it is refused.</param>
/// <param name="Subject">What it is about, as the journal names it.</param>
internal sealed record PlannedVerb(string Kind, Command? Command, string? Subject)
{
    public int Status { get; init; }

    public string Why { get; init; } = "";

    /// <summary>What the operator should know of its consequences, behind a blank; empty: nothing.</summary>
    public string Besides { get; init; } = "";
}
