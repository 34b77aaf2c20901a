using System.Globalization;
using Gateway.Health.Forecast;

namespace Gateway.Failover;

/// <summary>
/// One sentence for now and one for next, from what the failover loop publishes. Pure: page, command, <c>/status</c> and metric say the
/// same.
/// </summary>
internal static class ClusterOutlook
{
    /// <summary>The outlook of a cluster.</summary>
    public static Outlook Of(ClusterView cluster, DateTimeOffset now)
    {
        var condition = ConditionOf(cluster);
        var (sentence, change) = NextOutlook.Of(cluster, condition, now);
        return new Outlook(condition, NowOf(cluster, condition, now), sentence + ForecastsOf(cluster, now), change);
    }

    private static ClusterCondition ConditionOf(ClusterView cluster) => cluster switch
    {
        { Settled: false } => ClusterCondition.Starting,
        { Active: null } => ClusterCondition.Exhausted,
        { RampFrom: not null } => ClusterCondition.Ramping,
        { UnableSince: not null } => ClusterCondition.FailingOver,
        { Hold: not null } => ClusterCondition.Held,
        _ when !IsFirst(cluster) => ClusterCondition.FailedOver,
        _ when cluster.RedundancyLost || cluster.Tiers.Any(static t => t.Degraded) => ClusterCondition.Degraded,
        _ => ClusterCondition.Normal,
    };

    private static string NowOf(ClusterView cluster, ClusterCondition condition, DateTimeOffset now)
    {
        var since = WallClock.TimeOf(cluster.ActiveSince, now);
        var cause = cluster.LastTransition is { Cause.Length: > 0 } last && string.Equals(last.To, cluster.Active, StringComparison.Ordinal)
            ? $", {last.Cause}"
            : "";
        return condition switch
        {
            ClusterCondition.Starting => $"{cluster.Active ?? "No tier"} serves for the time being: the first round of probes is not over.",
            ClusterCondition.Exhausted => $"No tier has served since {since}{cause}; users get the fallback chain.",
            ClusterCondition.Ramping => string.Create(
                CultureInfo.InvariantCulture,
                $"{cluster.Active} has been taking over from {cluster.RampFrom} since {since}{cause}: it gets {Percent(cluster.RampShare)} "
                    + $"of new requests now{LossesOf(cluster, now)}."),
            ClusterCondition.FailingOver =>
                $"{cluster.Active} has served since {since}{cause}, and has not been able to since "
                    + $"{WallClock.TimeOf(cluster.UnableSince!.Value, now)}: {ShortageOfActive(cluster, now)}.",
            _ when cluster.Hold is { Yielded: true } yielded =>
                $"{cluster.Active} has served since {since}{cause}{LossesOf(cluster, now)}; {yielded.Tier} is {HeldOf(yielded, now)}, and "
                    + $"has yielded, since it cannot serve.",
            ClusterCondition.Held =>
                $"{cluster.Active} has served since {since}{LossesOf(cluster, now)}; it is {HeldOf(cluster.Hold!, now)}.",
            _ => $"{cluster.Active} has served since {since}{cause}{LossesOf(cluster, now)}.",
        };
    }

    // The likeliest one; how many more there are, the page of forecasts says.
    private static string ForecastsOf(ClusterView cluster, DateTimeOffset now)
    {
        var told = (from tier in cluster.Tiers
                    from d in tier.Destinations
                    let forecast = d.Forecast
                    where forecast is { IsTold: true, AlarmSince: not null }
                    orderby forecast.Probability descending
                    select (Tier: tier.Name, d.Name, Forecast: forecast)).ToArray();
        return told is not [var first, ..] ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $" {first.Name} of {first.Tier} is forecast to be unable to serve by "
                + $"{WallClock.TimeOf(first.Forecast.AlarmSince!.Value + ForecastWatch.Horizon, now)}: {first.Forecast.AlarmReason}"
                + $"{(told.Length > 1 ? $"; {told.Length - 1} more" : "")}.");
    }

    /// <summary>A share in whole percent; never 100 before it is whole.</summary>
    public static string Percent(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Min(share < 1 ? 99 : 100, (int)Math.Round(share * 100))} %");

    private static string HeldOf(HoldView hold, DateTimeOffset now) =>
        $"held until {WallClock.TimeOf(hold.Until, now)}{(hold.By is { } by ? $" by {by}" : "")}, \"{hold.Reason}\"";

    private static string ShortageOfActive(ClusterView cluster, DateTimeOffset now) =>
        TierText.ShortageOf(
            cluster.Tiers.First(t => string.Equals(t.Name, cluster.Active, StringComparison.Ordinal)),
            cluster.Gateways,
            now);

    // What a tier before the active one lacks stands in the other sentence.
    private static string LossesOf(ClusterView cluster, DateTimeOffset now)
    {
        var active = cluster.IndexOfActive;
        var losses = cluster.Tiers.Where((tier, index) => index >= active
            && tier.Degraded).Select(tier => "; " + TierText.LossOf(tier, now));
        return string.Concat(losses)
            + (!cluster.RedundancyLost
                ? ""
                : cluster.Tiers.Sum(static t => t.Healthy) < 2 ? "; one destination is left"
                : "; no other tier can serve");
    }

    private static bool IsFirst(ClusterView cluster) => cluster.IndexOfActive <= 0;
}
