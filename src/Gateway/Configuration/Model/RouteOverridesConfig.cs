namespace Gateway.Configuration.Model;

/// <summary>What a route has in place of its cluster's settings; each is null where the cluster's holds.</summary>
internal sealed record RouteOverridesConfig
{
    /// <summary>As <see cref="TimeoutsConfig.FirstByte"/>.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>As <see cref="TimeoutsConfig.FirstByteWrites"/>.</summary>
    public TimeSpan? FirstByteWrites { get; init; }

    /// <summary>As <see cref="TimeoutsConfig.Idle"/>.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>As <see cref="TimeoutsConfig.Total"/>.</summary>
    public TimeSpan? Total { get; init; }

    /// <summary>As <see cref="AttemptsConfig.Max"/>.</summary>
    public int? Max { get; init; }

    /// <summary>As <see cref="AttemptsConfig.Hedge"/>.</summary>
    public HedgeMode? Hedge { get; init; }

    /// <summary>As <see cref="AttemptsConfig.HedgeAfter"/>.</summary>
    public TimeSpan HedgeAfter { get; init; }

    /// <summary>As <see cref="AttemptsConfig.RequestBuffer"/>.</summary>
    public long? RequestBuffer { get; init; }

    /// <summary>As <see cref="ClusterConfig.ResponseBuffer"/>.</summary>
    public long? ResponseBuffer { get; init; }

    /// <summary>As <see cref="ClusterConfig.Mirror"/>.</summary>
    public double? Mirror { get; init; }

    /// <summary>As <see cref="LimitsConfig.RequestBody"/>.</summary>
    public long? RequestBody { get; init; }

    /// <summary>The cluster's settings as they hold for this route.</summary>
    public ClusterConfig Over(ClusterConfig cluster)
    {
        var (times, attempts) = (cluster.Timeouts, cluster.Attempts);
        times = times with { FirstByte = FirstByte ?? times.FirstByte, Idle = Idle ?? times.Idle, Total = Total ?? times.Total };
        if (FirstByteWrites is { } writes)
        {
            times = times with { FirstByteWrites = writes };
        }

        attempts = attempts with { Max = Max ?? attempts.Max, RequestBuffer = RequestBuffer ?? attempts.RequestBuffer };
        if (Hedge is { } hedge)
        {
            attempts = attempts with { Hedge = hedge, HedgeAfter = HedgeAfter };
        }

        return cluster with
        {
            Timeouts = times,
            Attempts = attempts,
            ResponseBuffer = ResponseBuffer ?? cluster.ResponseBuffer,
            Mirror = Mirror ?? cluster.Mirror,
        };
    }
}
