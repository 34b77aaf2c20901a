namespace Gateway.Failover.Comparison;

/// <summary>What one tier has shown in a ramp.</summary>
/// <param name="Attempts">First attempts of requests that ended; where there is affinity, one of each conversation.</param>
/// <param name="Failed">Those that failed.</param>
/// <param name="Late">Those that were late (<see cref="Health.Model.EvidenceKind.Late"/>).</param>
/// <param name="Timed">Those whose time to the first byte counts.</param>
/// <param name="SlowFirstByte">Those of them whose first byte was slow.</param>
/// <param name="Contents">Event streams whose time to the first content counts.</param>
/// <param name="SlowFirstContent">Those of them whose first content was slow.</param>
internal readonly record struct TierFigures(
    long Attempts,
    long Failed = 0,
    long Late = 0,
    long Timed = 0,
    long SlowFirstByte = 0,
    long Contents = 0,
    long SlowFirstContent = 0)
{
    /// <summary>How many of how many.</summary>
    public (long Hits, long Cases) Of(ComparedShare what) => what switch
    {
        ComparedShare.Failed => (Failed, Attempts),
        ComparedShare.Late => (Late, Attempts),
        ComparedShare.SlowFirstByte => (SlowFirstByte, Timed),
        _ => (SlowFirstContent, Contents),
    };
}
