using Gateway.Configuration.Model;

namespace Gateway.Health.Forecast;

/// <summary>Where a destination's figures make it unable to serve, from the cluster's settings.</summary>
/// <param name="Probe">A probe that takes longer fails.</param>
/// <param name="Connect">A connection that takes longer fails.</param>
/// <param name="FirstByte">A response that takes longer fails; earlier, the slow limit decides.</param>
/// <param name="FailureRatio">A larger share of failures ejects.</param>
internal readonly record struct ForecastLimits(TimeSpan Probe, TimeSpan Connect, TimeSpan FirstByte, double FailureRatio)
{
    /// <summary>Those of a cluster.</summary>
    public static ForecastLimits Of(ClusterConfig cluster) =>
        new(cluster.Probe.Timeout, cluster.Timeouts.Connect, cluster.Timeouts.FirstByte, cluster.Passive.FailureRatio);
}
