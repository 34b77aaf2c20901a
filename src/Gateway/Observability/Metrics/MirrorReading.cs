namespace Gateway.Observability.Metrics;

/// <summary>Mirrored reads, and what they show.</summary>
/// <param name="Reads">So far.</param>
/// <param name="Differences">That stand now.</param>
internal sealed record MirrorReading(IReadOnlyList<MirrorCount> Reads, IReadOnlyList<DifferenceReading> Differences)
{
    /// <summary>Nothing is mirrored.</summary>
    public static MirrorReading Empty { get; } = new([], []);
}

/// <summary>How the status of a mirrored read compares.</summary>
internal enum MirrorResult
{
    /// <summary>The same class of status.</summary>
    SameStatus,

    /// <summary>Another class.</summary>
    OtherStatus,

    /// <summary>There was no response.</summary>
    None,
}

/// <summary>Mirrored reads of one route so far, by result.</summary>
internal readonly record struct MirrorCount(string Cluster, string Route, string Tier, MirrorResult Result, long Count);

/// <summary>A difference that stands.</summary>
internal readonly record struct DifferenceReading(string Cluster, string Route, string Tier, string Kind);
