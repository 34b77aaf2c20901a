using System.Globalization;
using Gateway.Configuration;
using Gateway.Health;

namespace Gateway.Failover;

/// <summary>What a transition rests on, in words for log, journal and status page.</summary>
internal static class TransitionText
{
    /// <summary>The words for <paramref name="change"/>, from the state that led to it.</summary>
    public static string Of(ClusterRuntime cluster, Change change, ClusterState before, Command? command, TimeSpan now) => change.Reason switch
    {
        TransitionReason.Failover or TransitionReason.Relapse when change.From >= 0 => IllnessOf(cluster.Tiers[change.From]),
        TransitionReason.Exhausted => string.Join("; ", cluster.Tiers.Select(IllnessOf)),
        TransitionReason.Recovered => string.Create(CultureInfo.InvariantCulture, $"tier '{cluster.Tiers[change.To].Config.Name}' can serve again after {(now - before.ActiveSince).TotalSeconds:0.0} s without any"),
        TransitionReason.Hold when command is HoldCommand hold => $"held by an operator for {DurationText.Format(hold.For)}: {hold.Reason}",
        TransitionReason.Hold => $"tier '{cluster.Tiers[change.To].Config.Name}' is held by an operator and can serve again",
        TransitionReason.Release => "released by an operator",
        TransitionReason.Config => $"tier '{cluster.GoneTier}' left the configuration",
        _ => cluster.State.AbleSince[change.To] is { } since
            ? string.Create(CultureInfo.InvariantCulture, $"tier '{cluster.Tiers[change.To].Config.Name}' has been able to serve for {(now - since).TotalSeconds:0} s")
            : $"tier '{cluster.Tiers[change.To].Config.Name}' can serve",
    };

    private static string IllnessOf(TierRuntime tier)
    {
        if (tier.Monitors.Length == 0)
        {
            return $"tier '{tier.Config.Name}' has no destination: its names do not resolve";
        }

        var ill = tier.Monitors.Where(m => !m.Serving || m.BackedOff).Select(m => $"{m.Destination.Name} {WordsOf(m)}");
        return $"tier '{tier.Config.Name}': {string.Join(", ", ill)}";
    }

    private static string WordsOf(DestinationMonitor monitor)
    {
        if (monitor.Draining)
        {
            return "is drained by an operator";
        }

        return monitor.State.Verdict switch
        {
            Verdict.Down => $"is down ({monitor.Why})",
            Verdict.Ejected => $"is ejected ({monitor.Why})",
            Verdict.Trial => $"is on trial ({monitor.Why})",
            _ => "asked us to stay away (503 with Retry-After)",
        };
    }
}
