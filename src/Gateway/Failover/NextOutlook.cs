using System.Globalization;
using Gateway.Configuration.Values;
using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>
/// What of a cluster changes next, or what is awaited. Pure; which tier takes over and when says <see cref="FailoverForesight"/>.
/// </summary>
internal static class NextOutlook
{
    /// <summary>The sentence, and the same for programs.</summary>
    public static (string Sentence, NextChange Change) Of(ClusterView cluster, ClusterCondition condition, DateTimeOffset now) =>
        condition switch
        {
            ClusterCondition.Starting => Awaited(
                "the first round of probes",
                "The gateway decides once every destination was probed, 5 s after the start at the latest."),
            ClusterCondition.Exhausted => Recover(cluster, now),
            ClusterCondition.Ramping => Ramp(cluster, now),
            ClusterCondition.FailingOver => Leave(cluster, now),

            // The loop is about to see it.
            _ when cluster.IndexOfActive is >= 0 and var active && cluster.Tiers[active].Weighed < TierHealth.Unverified =>
                Leave(cluster, now),
            _ when cluster.Hold is { Yielded: true } yielded => YieldedHold(cluster, yielded, now),
            ClusterCondition.Held => Held(cluster, cluster.Hold!, now),
            ClusterCondition.FailedOver => Failback(cluster, now),
            _ => Nothing(cluster, now),
        };

    private static (string, NextChange) Awaited(string what, string sentence) => (sentence, new NextChange(null, null, $"awaited: {what}"));

    private static (string, NextChange) Recover(ClusterView cluster, DateTimeOffset now)
    {
        if (FailoverForesight.FirstOf(cluster, now) is not { } change)
        {
            return Awaited(
                "a destination that can serve",
                $"The first tier that can serve takes over at once and whole; awaited: {Shortages(cluster, cluster.Tiers, now)}.");
        }

        var tier = cluster.Tiers[change.To].Name;
        return ($"{tier} takes over at once and whole.", new NextChange(tier, change.At, "it has a destination that can serve"));
    }

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
        var patience = $"cannot serve, and failover.switchAfter is {DurationText.Format(cluster.SwitchAfter)}";
        if (FailoverForesight.FirstOf(cluster, now) is not { } change)
        {
            var others = cluster.Tiers.Where(t => !string.Equals(t.Name, cluster.Active, StringComparison.Ordinal)).ToArray();
            return Awaited(
                "a tier that can serve",
                $"No other tier can take over: {cluster.Active} stays the active one until one can"
                    + $"{(others.Length > 0 ? $"; awaited: {Shortages(cluster, others, now)}" : "")}.");
        }

        return change.To < 0
            ? (
                $"No tier can serve: the fallback chain answers from {WallClock.TimeOf(change.At, now)} on, unless one can before; "
                    + $"awaited: {Shortages(cluster, cluster.Tiers, now)}.",
                new NextChange(null, change.At, $"{cluster.Active} {patience}; no other tier can serve"))
            : (
                $"{cluster.Tiers[change.To].Name} takes over at {WallClock.TimeOf(change.At, now)}, unless {cluster.Active} can serve "
                    + "again before.",
                new NextChange(cluster.Tiers[change.To].Name, change.At, $"{cluster.Active} {patience}"));
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
            return FailoverForesight.ReleasedOf(cluster, now) is >= 0 and var released
                ? Awaited(
                    "an operator's release",
                    $"{ends}; failback is manual, so that only `release` gives {cluster.Tiers[released].Name} its share.")
                : Awaited(
                    $"{better[0].Name} to be healthy",
                    $"{ends}; failback is manual, and {better[0].Name} must be healthy before `release` can give it its share: "
                        + $"{TierText.ShortageOf(better[0], cluster.Gateways, now)}.");
        }

        return ReturnOf(cluster, now) is { } due
            ? (
                $"{ends}: {due.Tier.Name} {Takes(cluster, due, now)}.",
                new NextChange(
                    due.Tier.Name,
                    due.At,
                    "the hold ends then, and the tier has been healthy for long enough"
                        + (due.IsSure ? "" : ", if the other gateways agree")))
            : Awaited($"{better[0].Name} to be healthy", $"{ends}; then {Condition(cluster, better[0], now)}.");
    }

    private static (string, NextChange) YieldedHold(ClusterView cluster, HoldView hold, DateTimeOffset now)
    {
        var tier = cluster.Tiers.First(t => string.Equals(t.Name, hold.Tier, StringComparison.Ordinal));
        var due = ReturnOf(cluster, now);
        if (due is { Reason: TransitionReason.Hold, At: var at })
        {
            return (
                $"{Healthy(tier, tier.HealthySince ?? now, cluster, now)}: takes all new requests at {WallClock.TimeOf(at, now)}, as the "
                    + "hold says; `release` stops it.",
                new NextChange(tier.Name, at, "the hold takes effect again"));
        }

        var end = WallClock.TimeOf(hold.Until, now);
        var wait = WallClock.SpanOf(cluster.FailbackWait);
        if (tier.HealthySince is not null)
        {
            var before = $"The hold ends at {end}, before {tier.Name} has been healthy for {wait}";
            return due is { } later ? AfterHold(cluster, before, later, now) : Awaited("the end of the hold", $"{before}.");
        }

        var again = $"The hold takes effect again once {tier.Name} has been healthy for {wait}: "
            + TierText.ShortageOf(tier, cluster.Gateways, now);
        return due is { } other
            ? AfterHold(cluster, $"{again}; else it ends at {end}", other, now)
            : Awaited($"{tier.Name} to be healthy", $"{again}.");
    }

    private static (string, NextChange) AfterHold(ClusterView cluster, string hold, Return due, DateTimeOffset now) => (
        $"{hold}: {due.Tier.Name} {Takes(cluster, due, now)}.",
        new NextChange(due.Tier.Name, due.At, $"the hold is over by then{(due.IsSure ? "" : ", if the other gateways agree")}"));

    private static (string, NextChange) Failback(ClusterView cluster, DateTimeOffset now)
    {
        var better = Better(cluster);
        if (!cluster.FailsBack)
        {
            return Release(cluster, better[0], now);
        }

        if (ReturnOf(cluster, now) is not { } due)
        {
            return Awaited($"{better[0].Name} to be healthy", $"{Condition(cluster, better[0], now)}.");
        }

        var (tier, wait) = (due.Tier, WallClock.SpanOf(cluster.FailbackWait));
        var since = tier.HealthySince ?? now;
        if (!due.IsSure && since + cluster.FailbackWait < now)
        {
            return Awaited("the other gateways", string.Create(CultureInfo.InvariantCulture,
                $"{tier.Name} has been healthy for {WallClock.SpanOf(now - since)}, and waits until half of the {cluster.Gateways} "
                    + $"gateways have seen it healthy for {wait}; `hold {cluster.Active}` stops it."));
        }

        // Past relapses may be forgotten before the wait that they made long is over.
        var forgets = due.At < since + cluster.FailbackWait;
        return (
            $"{Healthy(tier, since, cluster, now)}{(forgets ? ", and its relapses are forgotten before" : "")}: "
                + $"{Takes(cluster, due, now)}; `hold {cluster.Active}` stops it.",
            new NextChange(
                tier.Name,
                due.At,
                $"it has been healthy since {WallClock.TimeOf(since, now)}, and failback waits {wait}"
                    + $"{(due.IsSure ? "" : " and for the other gateways")}"));
    }

    private static (string, NextChange) Release(ClusterView cluster, TierView first, DateTimeOffset now)
    {
        if (FailoverForesight.ReleasedOf(cluster, now) is not (>= 0 and var released))
        {
            return Awaited(
                $"{first.Name} to be healthy",
                $"{first.Name} must be healthy before `release` can give it its share, as failback is manual: "
                    + $"{TierText.ShortageOf(first, cluster.Gateways, now)}.");
        }

        var tier = cluster.Tiers[released];
        return Awaited(
            "an operator's release",
            $"{tier.Name} has been healthy for {WallClock.SpanOf(now - (tier.HealthySince ?? now))}; failback is manual: `release` gives "
                + "it its share.");
    }

    // A tier that has something, but not enough, is not better than the active one while that has something.
    private static (string, NextChange) Nothing(ClusterView cluster, DateTimeOffset now)
    {
        var name = cluster.Active;
        var patience = cluster.SwitchAfter > TimeSpan.Zero
            ? $"once {name} has not been able to serve for {DurationText.Format(cluster.SwitchAfter)}"
            : $"as soon as {name} cannot serve";
        var empty = cluster.SwitchAfter > TimeSpan.Zero
            ? $"{patience} and has no destination left"
            : $"as soon as {name} has no destination left";
        var next = FailoverForesight.NextOf(cluster, now) is >= 0 and var place ? cluster.Tiers[place] : null;
        var then = next switch
        {
            { Weighed: >= TierHealth.Unverified } => $"{next.Name} takes over {patience}",
            not null => $"{next.Name} takes over {empty}",
            _ => $"no other tier can serve, so that the fallback chain answers {empty}",
        };
        return ($"Nothing is due: {then}.", new NextChange(null, null, "nothing is due"));
    }

    // What this gateway does by itself; else what it does if the others agree.
    private static Return? ReturnOf(ClusterView cluster, DateTimeOffset now)
    {
        var sure = FailoverForesight.FirstOf(cluster, now);
        return (sure ?? FailoverForesight.FirstOf(cluster, now, othersAgree: true)) is { } change
            ? new Return(cluster.Tiers[change.To], change.At, change.Reason, sure is not null)
            : null;
    }

    private static string Takes(ClusterView cluster, Return due, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"takes {(cluster.Ramp > TimeSpan.Zero ? "its first share" : "all new requests")} at "
            + $"{WallClock.TimeOf(due.At, now)}"
            + $"{(cluster.Ramp > TimeSpan.Zero ? $", all of it by {WallClock.TimeOf(due.At + cluster.Ramp, now)}" : "")}"
            + $"{(due.IsSure ? "" : $", if half of the {cluster.Gateways} gateways have seen it healthy for long enough by then")}");

    private static TierView[] Better(ClusterView cluster) => [.. cluster.Tiers.Take(Math.Max(0, cluster.IndexOfActive))];

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

    private static string Shortages(ClusterView cluster, IEnumerable<TierView> tiers, DateTimeOffset now) =>
        string.Join("; ", tiers.Select(t => $"{t.Name}: {TierText.ShortageOf(t, cluster.Gateways, now)}"));

    private static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private readonly record struct Return(TierView Tier, DateTimeOffset At, TransitionReason Reason, bool IsSure);
}
