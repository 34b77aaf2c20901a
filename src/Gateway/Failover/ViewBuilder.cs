using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>Turns what the loop knows into what people and metrics read.</summary>
internal static class ViewBuilder
{
    /// <summary>One cluster; <paramref name="utc"/> is the wall clock at <paramref name="now"/>.</summary>
    public static ClusterView Of(ClusterRuntime cluster, TimeSpan now, DateTimeOffset utc)
    {
        var state = cluster.State;
        var share = FailoverTimers.ShareOf(state, cluster.Config.Failback, now);
        var responses = cluster.Tiers.Sum(static tier => tier.Monitors.Sum(static m => m.Destination.Latency.Count));
        string? NameOf(int tier) => tier >= 0 ? cluster.Tiers[tier].Config.Name : null;
        DateTimeOffset Wall(TimeSpan at) => utc + (at - now);
        var guidance = cluster.GuidanceAt(now);
        return new ClusterView(
            cluster.Config.Name,
            NameOf(state.Active),
            Wall(state.ActiveSince),
            NameOf(state.RampFrom),
            share,
            state.Held is { } held ? new HoldView(
                cluster.Tiers[held.Tier].Config.Name,
                Wall(held.Until),
                held.Reason,
                Yielded: held.Tier != state.Active,
                held.By) : null,
            FailoverTimers.WaitOf(state.Relapses, cluster.Config.Failback),
            [
            .. cluster.Cluster.Timings.OrderBy(
                t => t.Route,
                StringComparer.Ordinal).Select(t => new TimingView(t.Route, t.HedgeDelay, t.LateAfter))],
            cluster.LastTransition,
            [.. cluster.Tiers.Select((tier, index) => new TierView(
                tier.Config.Name,
                TierEvaluator.StandingOf(tier.Monitors, cluster.Config.Failover),
                index == state.Active ? share : index == state.RampFrom ? 1 - share : 0,
                tier.Monitors.Count(m => m.Serving),
                cluster.Config.Failover.NeededOf(tier.Monitors.Length),
                index < state.HealthySince.Length && state.HealthySince[index] is { } since ? Wall(since) : null,
                tier.Load.InFlight,
                tier.Load.Adaptive?.Current ?? tier.Config.Capacity,
                [.. tier.Watches.Select(w => Of(w.Monitor, responses, now, utc) with { Forecast = ForecastOf(cluster, w, now, utc) })])
            {
                Weighed = StandingOf(cluster, tier, guidance),
                DownVotes = guidance?.Of(tier.Config.Name)?.DownVotes ?? 0,
                MayReturn = guidance is null || guidance.Of(tier.Config.Name) is { MayReturn: true },
            })])
        {
            Settled = state.Settled,
            FailsBack = cluster.Config.Failback.Auto,
            Ramp = cluster.Config.Failback.Ramp,
            FailbackAfter = state.Relapses > 0 ? cluster.Config.Failback.After : null,
            Relapses = state.Relapses,
            ReturnedAt = state.ReturnedAt is { } returned ? Wall(returned) : null,
            RampSince = state.RampFrom >= 0 && state.ReturnedAt is { } began ? Wall(began) : null,
            LooksWorseBy = state is { RampFrom: >= 0, IsInDoubt: true } && cluster.Ramp.Result.Doubt is { } doubt
                ? doubt.Words(cluster.Tiers[state.Active].Config.Name, cluster.Tiers[state.RampFrom].Config.Name)
                : "",
            UnableSince = state.UnableSince is { } unable ? Wall(unable) : null,
            SwitchAfter = cluster.Config.Failover.SwitchAfter,
            Gateways = guidance?.Living ?? 0,
            RedundancyLost = RedundancyLost(cluster),
        };
    }

    // As the machine sees it: with the other gateways' votes.
    private static TierHealth StandingOf(ClusterRuntime cluster, TierRuntime tier, FleetGuidance? guidance) =>
        TierEvaluator.Weigh(
            TierEvaluator.StandingOf(tier.Monitors, cluster.Config.Failover),
            Array.Exists(tier.Monitors, static m => m.Serving),
            guidance?.Of(tier.Config.Name));

    private static bool RedundancyLost(ClusterRuntime cluster) => Redundancy.IsLost(
        cluster.Tiers.Count(t => TierEvaluator.StandingOf(t.Monitors, cluster.Config.Failover) >= TierHealth.Unverified),
        cluster.Tiers.Length,
        cluster.Tiers.Sum(static t => t.Monitors.Count(static m => m.Serving)),
        cluster.Tiers.Sum(static t => t.Monitors.Length));

    private static ForecastView? ForecastOf(ClusterRuntime cluster, DestinationWatch watch, TimeSpan now, DateTimeOffset utc) =>
        cluster.Config.Forecast == ForecastMode.Off || watch.Forecast is not { } forecast ? null : new ForecastView(
            forecast.Model.Said.Probability,
            forecast.Model.Said.Reason ?? "",
            forecast.Model.Alarm is { } alarm ? utc + (alarm.At - now) : null,
            forecast.Model.Alarm?.Said.Reason ?? "",
            cluster.Config.Forecast is ForecastMode.Advise or ForecastMode.Act,
            watch.Monitor.Share.Preference < 1);

    private static DestinationView Of(DestinationMonitor monitor, long responses, TimeSpan now, DateTimeOffset utc)
    {
        var latency = monitor.Destination.Latency;
        var count = latency.Count;
        DateTimeOffset Wall(TimeSpan at) => utc + (at - now);
        return new DestinationView(
            monitor.Destination.Name,
            monitor.Destination.Url,
            monitor.Share.Weight,
            monitor.State.HealthStatus,
            Wall(monitor.Since),
            monitor.Why,
            monitor.Draining,
            monitor.Suspect,
            monitor.Phi,
            [.. monitor.AvoidedRoutes.Select(static record => record.Route).Order(StringComparer.Ordinal)],
            monitor.State.HealthStatus == HealthStatus.Ejected ? Wall(monitor.State.EjectedUntil) : null,
            monitor.State.Ejections,
            monitor.Destination.InFlight,
            responses > 0 ? Math.Min(1, (double)count / responses) : null,
            count > 0 ? latency.Quantile(0.99) : null,
            monitor.LastProbe,
            monitor.LastProbe is null ? null : Wall(monitor.LastProbeEnded),
            now - monitor.LastProbeEnded)
        {
            P50 = count > 0 ? latency.Quantile(0.5) : null,
            P90 = count > 0 ? latency.Quantile(0.9) : null,
            Cause = monitor.Cause,
            WeightOrder = monitor.Share.Order is { } order
                ? new WeightView(order.Weight, monitor.Share.Configured, Wall(order.Since), order.Reason, order.By)
                : null,
            Signals =
            [
                .. monitor.Share.Signals.Marks.Select(mark => new SignalView(
                    mark.Name, mark.State, mark.Effect, mark.Acts, mark.Withheld, Wall(mark.Since), mark.Value)),
            ],
            SignalEffect = monitor.Share.Signals.Effect.Effect,
            SignalShare = monitor.Share.Signals.Effect.Share is < 1 and var left ? left : null,
            Zone = monitor.Share.Zone,
            StartShare = monitor.Share.SlowStart.ShareAt(monitor.Config.SlowStart, now) is < 1 and var share ? share : null,
            Drain = monitor.Drain is { } drain
                ? new DrainView(
                    Wall(drain.Since),
                    drain.Reason,
                    drain.By,
                    drain is { Until: { } until, IsOver: false } ? Wall(until) : null)
                : null,
        };
    }
}
