namespace Gateway.Failover.Comparison;

/// <summary>What two tiers are compared by: each a share of requests, so that one test serves for all.</summary>
internal enum ComparedShare
{
    /// <summary>Failed attempts.</summary>
    Failed,

    /// <summary>Late attempts.</summary>
    Late,

    /// <summary>First bytes slower than <see cref="RouteTiming.SlowAfter"/>.</summary>
    SlowFirstByte,

    /// <summary>First contents of event streams slower than <see cref="RouteTiming.SlowAfter"/>.</summary>
    SlowFirstContent,
}
