using System.Globalization;
using Gateway.Configuration.Values;
using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>What of a cluster changes next, or what is awaited. Pure; follows the steps of <see cref="FailoverMachine"/>.</summary>
internal static class NextOutlook
{
    /// <summary>The sentence, and the same for programs.</summary>
    public static (string Sentence, NextChange Change) Of(ClusterView cluster, ClusterCondition condition, DateTimeOffset now) =>
        condition switch
        {
            ClusterCondition.Starting => Awaited(
                "the first round of probes",
                "The gateway decides once every destination was probed, 5 s after the start at the latest."),
            ClusterCondition.Exhausted => Awaited(
                "a destination that can serve",
                $"The first tier that can serve takes over at once and whole; awaited: {Shortages(cluster, cluster.Tiers, now)}."),
            ClusterCondition.Ramping => Ramp(cluster, now),
            ClusterCondition.FailingOver => Leave(cluster, now),
            _ when cluster.Hold is { Yielded: true } yielded => YieldedHold(cluster, yielded, now),
            ClusterCondition.Held => Held(cluster, cluster.Hold!, now),
            ClusterCondition.FailedOver => Failback(cluster, now),
            _ => Nothing(cluster),
        };

    private static (string, NextChange) Awaited(string what, string sentence) => (sentence, new NextChange(null, null, $"awaited: {what}"));

    private static (string, NextChange) Ramp(ClusterView cluster, DateTimeOffset now)
    {
        var end = Max((cluster.RampSince ?? cluster.ActiveSince) + cluster.Ramp, now);
        return (
            $"{cluster.Active} takes all new requests by {WallClock.TimeOf(end, now)}"
                + $"{(cluster.LooksWorseBy.Length > 0 ? $", unless it proves worse ({cluster.LooksWorseBy})" : "")}; "
                + $"`hold {cluster.RampFrom}` stops it.",
            new NextChange(cluster.Active, end, $"the ramp from {cluster.RampFrom} ends"));
    }

    private static (string, NextChange) Leave(ClusterView cluster, DateTimeOffset now)
    {
        var others = cluster.Tiers.Where(t => !string.Equals(t.Name, cluster.Active, StringComparison.Ordinal)).ToArray();
        if (Array.Find(others, static t => t.CanTakeOver) is not { } target)
        {
            return Awaited(
                "a tier that can serve",
                $"No other tier can take over: {cluster.Active} stays the active one until one can"
                    + $"{(others.Length > 0 ? $"; awaited: {Shortages(cluster, others, now)}" : "")}.");
        }

        var at = Max(cluster.UnableSince!.Value + cluster.SwitchAfter, now);
        return (
            $"{target.Name} takes over at {WallClock.TimeOf(at, now)}, unless {cluster.Active} can serve again before.",
            new NextChange(
                target.Name,
                at,
                $"{cluster.Active} cannot serve, and failover.switchAfter is {DurationText.Format(cluster.SwitchAfter)}"));
    }

    private static (string, NextChange) Held(ClusterView cluster, HoldView hold, DateTimeOffset now)
    {
        var ends = $"The hold ends at {WallClock.TimeOf(hold.Until, now)}, or at once by `release`";
        var better = Better(cluster);
        if (better.Length == 0)
        {
            return ($"{ends}; {hold.Tier} goes on serving then.", new NextChange(null, null, "nothing is due"));
        }

        if (!cluster.FailsBack)
        {
            return Awaited(
                "an operator's release",
                $"{ends}; failback is manual, so that only `release` gives {better[0].Name} its share.");
        }

        if (Soonest(cluster, better) is not ({ } tier, var since))
        {
            return Awaited($"{better[0].Name} to be healthy", $"{ends}; then {Condition(cluster, better[0], now)}.");
        }

        var at = Max(since + cluster.FailbackWait, hold.Until);
        return (
            $"{ends}: {tier.Name} takes {Share(cluster)} at {WallClock.TimeOf(at, now)}{Whole(cluster, at, now)}.",
            new NextChange(tier.Name, at, "the hold ends then, and the tier has been healthy for long enough"));
    }

    private static (string, NextChange) YieldedHold(ClusterView cluster, HoldView hold, DateTimeOffset now)
    {
        var tier = cluster.Tiers.First(t => string.Equals(t.Name, hold.Tier, StringComparison.Ordinal));
        if (tier.HealthySince is not { } since)
        {
            return Awaited(
                $"{tier.Name} to be healthy",
                $"The hold takes effect again once {tier.Name} has been healthy for {WallClock.SpanOf(cluster.FailbackWait)}: "
                    + $"{TierText.ShortageOf(tier, cluster.Gateways, now)}.");
        }

        var at = Max(since + cluster.FailbackWait, now);
        return at >= hold.Until
            ? Awaited(
                "the end of the hold",
                $"The hold ends at {WallClock.TimeOf(hold.Until, now)}, before {tier.Name} has been healthy for "
                    + $"{WallClock.SpanOf(cluster.FailbackWait)}.")
            : (
                $"{Healthy(tier, since, cluster, now)}: takes all new requests at {WallClock.TimeOf(at, now)}, as the hold says; `release` "
                    + $"stops it.",
                new NextChange(tier.Name, at, "the hold takes effect again"));
    }

    private static (string, NextChange) Failback(ClusterView cluster, DateTimeOffset now)
    {
        var better = Better(cluster);
        if (Soonest(cluster, better) is not ({ } tier, var since))
        {
            return Awaited($"{better[0].Name} to be healthy", cluster.FailsBack
                ? $"{Condition(cluster, better[0], now)}."
                : $"{better[0].Name} must be healthy before `release` can give it its share, as failback is manual: "
                    + $"{TierText.ShortageOf(better[0], cluster.Gateways, now)}.");
        }

        if (!cluster.FailsBack)
        {
            return Awaited(
                "an operator's release",
                $"{tier.Name} has been healthy for {WallClock.SpanOf(now - since)}; failback is manual: `release` gives it its share.");
        }

        var at = since + cluster.FailbackWait;
        if (at < now && !tier.MayReturn)
        {
            return Awaited("the other gateways", string.Create(CultureInfo.InvariantCulture,
                $"{tier.Name} has been healthy for {WallClock.SpanOf(now - since)}, and waits until half of the {cluster.Gateways} "
                    + $"gateways have seen it healthy for {WallClock.SpanOf(cluster.FailbackWait)}; `hold {cluster.Active}` stops it."));
        }

        at = Max(at, now);
        return (
            $"{Healthy(tier, since, cluster, now)}: takes {Share(cluster)} at {WallClock.TimeOf(at, now)}{Whole(cluster, at, now)}; `hold "
                + $"{cluster.Active}` stops it.",
            new NextChange(
                tier.Name,
                at,
                $"it has been healthy since {WallClock.TimeOf(since, now)}, and failback waits {WallClock.SpanOf(cluster.FailbackWait)}"));
    }

    private static (string, NextChange) Nothing(ClusterView cluster)
    {
        var active = cluster.IndexOfActive;
        var patience = cluster.SwitchAfter > TimeSpan.Zero
            ? $"once {cluster.Active} has not been able to serve for {DurationText.Format(cluster.SwitchAfter)}"
            : $"as soon as {cluster.Active} cannot serve";
        var next = cluster.Tiers.Skip(active + 1).FirstOrDefault(static t => t.CanTakeOver);
        return (
            $"Nothing is due: {next?.Name ?? "no other tier can"} "
                + $"{(next is null ? "serve, so that the fallback chain answers" : "takes over")} {patience}.",
            new NextChange(null, null, "nothing is due"));
    }

    private static TierView[] Better(ClusterView cluster) => [.. cluster.Tiers.Take(Math.Max(0, cluster.IndexOfActive))];

    // The one whose wait ends first; among equals the better one, as the machine looks at them in order.
    private static (TierView? Tier, DateTimeOffset Since) Soonest(ClusterView cluster, TierView[] better)
    {
        (TierView?, DateTimeOffset) found = default;
        foreach (var tier in better)
        {
            if (tier.HealthySince is { } since && (found.Item1 is null || since < found.Item2))
            {
                found = (tier, since);
            }
        }

        return found;
    }

    private static string Condition(ClusterView cluster, TierView tier, DateTimeOffset now) =>
        $"{tier.Name} must be healthy for {WallClock.SpanOf(cluster.FailbackWait)} before it serves again: "
            + $"{TierText.ShortageOf(tier, cluster.Gateways, now)}{EarliestOf(cluster, tier, now)}";

    // An ejection ends in a half-open probe by the next request: that is when the wait can begin.
    private static string EarliestOf(ClusterView cluster, TierView tier, DateTimeOffset now)
    {
        var missing = tier.Needed - tier.Healthy;
        var ejected = tier.Destinations
            .Where(static d => d is { Draining: false, EjectedUntil: not null, HealthStatus: HealthStatus.Ejected })
            .OrderBy(static d => d.EjectedUntil)
            .ToArray();
        return missing < 1 || ejected.Length < missing
            ? ""
            : $"; it serves again at {WallClock.TimeOf(Max(ejected[missing - 1].EjectedUntil!.Value, now) + cluster.FailbackWait, now)} at "
                + $"the earliest, and `ready {ejected[0].Name}` tries it now";
    }

    private static string Healthy(TierView tier, DateTimeOffset since, ClusterView cluster, DateTimeOffset now)
    {
        var wait = (long)cluster.FailbackWait.TotalSeconds;
        return cluster.FailbackWait < TimeSpan.FromMinutes(2)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{tier.Name} has been healthy for {Math.Clamp((long)(now - since).TotalSeconds, 0, wait)} of {wait} s")
            : $"{tier.Name} has been healthy for {WallClock.SpanOf(now - since)} of {WallClock.SpanOf(cluster.FailbackWait)}";
    }

    private static string Share(ClusterView cluster) => cluster.Ramp > TimeSpan.Zero ? "its first share" : "all new requests";

    private static string Whole(ClusterView cluster, DateTimeOffset at, DateTimeOffset now) =>
        cluster.Ramp > TimeSpan.Zero ? $", all of it by {WallClock.TimeOf(at + cluster.Ramp, now)}" : "";

    private static string Shortages(ClusterView cluster, IEnumerable<TierView> tiers, DateTimeOffset now) =>
        string.Join("; ", tiers.Select(t => $"{t.Name}: {TierText.ShortageOf(t, cluster.Gateways, now)}"));

    private static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
