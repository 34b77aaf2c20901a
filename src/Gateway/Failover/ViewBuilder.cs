using Gateway.Health;

namespace Gateway.Failover;

/// <summary>Turns what the loop knows into what people and metrics read.</summary>
internal static class ViewBuilder
{
    /// <summary>One cluster; <paramref name="utc"/> is the wall clock at <paramref name="now"/>.</summary>
    public static ClusterView Of(ClusterRuntime cluster, TimeSpan now, DateTimeOffset utc)
    {
        var state = cluster.State;
        var share = FailoverMachine.ShareOf(state, cluster.Config.Failback, now);
        var answers = cluster.Tiers.Sum(static tier => tier.Monitors.Sum(static m => m.Destination.Latency.Count));
        string? NameOf(int tier) => tier >= 0 ? cluster.Tiers[tier].Config.Name : null;
        DateTimeOffset Wall(TimeSpan at) => utc + (at - now);
        return new ClusterView(
            cluster.Config.Name,
            NameOf(state.Active),
            Wall(state.ActiveSince),
            NameOf(state.RampFrom),
            share,
            state.Held is { } held ? new HoldView(cluster.Tiers[held.Tier].Config.Name, Wall(held.Until), held.Reason, Yielded: held.Tier != state.Active) : null,
            FailoverMachine.WaitOf(state.Relapses, cluster.Config.Failback),
            [.. cluster.Cluster.Timings.OrderBy(t => t.Route, StringComparer.Ordinal).Select(t => new TimingView(t.Route, t.HedgeDelay, t.LateAfter))],
            cluster.LastTransition,
            [.. cluster.Tiers.Select((tier, index) => new TierView(
                tier.Config.Name,
                TierJudge.StandingOf(tier.Monitors, cluster.Config.Failover),
                index == state.Active ? share : index == state.RampFrom ? 1 - share : 0,
                tier.Monitors.Count(m => m.Serving),
                cluster.Config.Failover.NeededOf(tier.Monitors.Length),
                index < state.AbleSince.Length && state.AbleSince[index] is { } since ? Wall(since) : null,
                tier.Load.InFlight,
                tier.Config.Capacity,
                [.. tier.Monitors.Select(m => Of(m, answers, now, utc))]))]);
    }

    private static DestinationView Of(DestinationMonitor monitor, long answers, TimeSpan now, DateTimeOffset utc)
    {
        var latency = monitor.Destination.Latency;
        var count = latency.Count;
        DateTimeOffset Wall(TimeSpan at) => utc + (at - now);
        return new DestinationView(
            monitor.Destination.Name,
            monitor.Destination.Url,
            monitor.Weight,
            monitor.State.Verdict,
            Wall(monitor.Since),
            monitor.Why,
            monitor.Draining,
            monitor.Suspect,
            monitor.Phi,
            [.. monitor.AvoidedRoutes.Select(static record => record.Route).Order(StringComparer.Ordinal)],
            monitor.State.Verdict == Verdict.Ejected ? Wall(monitor.State.EjectedUntil) : null,
            monitor.State.Ejections,
            monitor.Destination.InFlight,
            answers > 0 ? Math.Min(1, (double)count / answers) : null,
            count > 0 ? latency.Quantile(0.99) : null,
            monitor.LastProbe,
            monitor.LastProbe is null ? null : Wall(monitor.LastProbeEnded),
            now - monitor.LastProbeEnded);
    }
}
