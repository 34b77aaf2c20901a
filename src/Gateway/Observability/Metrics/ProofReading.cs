using Gateway.Observability.History;

namespace Gateway.Observability.Metrics;

/// <summary>What is proven, and how scheduled drills ended.</summary>
/// <param name="Proofs">Of each promise of each cluster.</param>
/// <param name="Drills">Of this process.</param>
internal sealed record ProofReading(IReadOnlyList<ProofAge> Proofs, IReadOnlyList<DrillCount> Drills)
{
    /// <summary>Nothing is known.</summary>
    public static ProofReading Empty { get; } = new([], []);
}

/// <summary>How old the last proof of a promise is; one that never was proven is as old as its watch.</summary>
internal readonly record struct ProofAge(string Cluster, Promise Promise, TimeSpan Age);

/// <summary>Runs of a scheduled drill so far, by how they ended.</summary>
internal readonly record struct DrillCount(string Drill, DrillResult Result, long Count);
