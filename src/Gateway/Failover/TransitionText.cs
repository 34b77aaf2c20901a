using System.Globalization;
using Gateway.Configuration.Values;
using Gateway.Failover.Comparison;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>What a transition rests on, in words for log, journal and status page.</summary>
internal static class TransitionText
{
    /// <summary>The words for <paramref name="change"/>, from the state that led to it.</summary>
    public static string Of(ClusterRuntime cluster, Change change, ClusterState before, Command? command, TimeSpan now) =>
        change.Reason switch
        {
            TransitionReason.Relapse when change.Worse is { } worse => ComparedIn(cluster, change, worse),
            TransitionReason.Failover or TransitionReason.Relapse when change.From >= 0 => IllnessOf(cluster.Tiers[change.From]),
            TransitionReason.Exhausted => string.Join("; ", cluster.Tiers.Select(IllnessOf)),
            TransitionReason.Recovered => string.Create(
                CultureInfo.InvariantCulture,
                $"tier '{cluster.Tiers[change.To].Config.Name}' can serve again after "
                    + $"{(now - before.ActiveSince).TotalSeconds:0.0} s without any"),
            TransitionReason.Hold when command is HoldCommand hold =>
                $"held by {hold.By ?? "an operator"} for {DurationText.Format(hold.For)}: {hold.Reason}",
            TransitionReason.Hold => $"tier '{cluster.Tiers[change.To].Config.Name}' is held by an operator and can serve again",
            TransitionReason.Release => $"released by {command?.By ?? "an operator"}",
            TransitionReason.Config => $"tier '{cluster.GoneTier}' left the configuration",
            _ => cluster.State.HealthySince[change.To] is { } since
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"tier '{cluster.Tiers[change.To].Config.Name}' has been able to serve for {(now - since).TotalSeconds:0} s")
                : $"tier '{cluster.Tiers[change.To].Config.Name}' can serve",
        };

    /// <summary>What the other gateways had to do with it; empty: nothing.</summary>
    public static string OfFleet(ClusterRuntime cluster, Change change, ClusterState before, TimeSpan now)
    {
        if (cluster.GuidanceAt(now) is not { } guidance || change.From < 0)
        {
            return "";
        }

        var agreed = cluster.State.Epoch > before.Epoch
            ? string.Create(CultureInfo.InvariantCulture, $"; agreed by the gateways (epoch {cluster.State.Epoch})")
            : "";
        return change.Reason is TransitionReason.Failover or TransitionReason.Relapse
            && guidance.Of(cluster.Tiers[change.From].Config.Name) is { DownVotes: > 0 } said
            ? string.Create(CultureInfo.InvariantCulture, $"; {said.DownVotes} of {guidance.Living} gateways cannot use it{agreed}")
            : agreed;
    }

    /// <summary>By what a tier in its ramp was worse than the one that takes over from it.</summary>
    public static string ComparedIn(ClusterRuntime cluster, Change change, ComparisonFinding worse) =>
        worse.Words(cluster.Tiers[change.From].Config.Name, cluster.Tiers[change.To].Config.Name);

    private static string IllnessOf(TierRuntime tier)
    {
        if (tier.Monitors.Length == 0)
        {
            return $"tier '{tier.Config.Name}' has no destination: its names do not resolve";
        }

        var ill = tier.Monitors.Where(m => !m.Serving).Select(m => $"{m.Destination.Name} {WordsOf(m)}");
        var words = string.Join(", ", ill);
        return words.Length > 0 ? $"tier '{tier.Config.Name}': {words}" : $"tier '{tier.Config.Name}' looks well from here";
    }

    private static string WordsOf(DestinationMonitor monitor)
    {
        if (monitor.Draining)
        {
            return "is drained";
        }

        return monitor.State.HealthStatus switch
        {
            HealthStatus.Down => $"is down ({monitor.Why})",
            HealthStatus.Ejected => $"is ejected ({monitor.Why})",
            HealthStatus.HalfOpen => $"is half-open ({monitor.Why})",
            _ => $"is {monitor.State.HealthStatus} ({monitor.Why})",
        };
    }
}
