using System.Globalization;

namespace Gateway.Failover;

/// <summary>
/// Why a tier has served since, as the second half of a sentence about it: "because both destinations of primary failed: connection
/// refused".
/// </summary>
internal static class TransitionCause
{
    private const int MostGroups = 3;

    /// <summary>From the state that led to <paramref name="change"/>.</summary>
    public static string Of(ClusterRuntime cluster, Change change, ClusterState before, Command? command, TimeSpan now) =>
        change.Reason switch
        {
            TransitionReason.Failover when change.From >= 0 => "because " + FailureOf(cluster, change.From, now),
            TransitionReason.Relapse when change.Worse is { } worse =>
                "because during its return " + TransitionText.ComparedIn(cluster, change, worse),
            TransitionReason.Relapse when change.From >= 0 => "because soon after its return " + FailureOf(cluster, change.From, now),
            TransitionReason.Exhausted => "because "
                + string.Join(", and ", cluster.Tiers.Select((_, index) => FailureOf(cluster, index, now))),
            TransitionReason.Recovered => $"after {WallClock.SpanOf(now - before.ActiveSince)} without any tier",
            TransitionReason.Hold when command is HoldCommand hold => $"because {hold.By ?? "an operator"} held it: {hold.Reason}",
            TransitionReason.Hold => "because it is held and could serve again",
            TransitionReason.Release => $"because {command?.By ?? "an operator"} released the cluster",
            TransitionReason.Config => $"because tier {cluster.GoneTier} left the configuration",
            TransitionReason.Failback when change.To >= 0
                && cluster.State.HealthySince[change.To] is { } since => $"because it had been healthy for {WallClock.SpanOf(now - since)}",
            _ => "",
        };

    private static string FailureOf(ClusterRuntime cluster, int index, TimeSpan now)
    {
        var tier = cluster.Tiers[index];
        var all = tier.Monitors;
        if (all.Length == 0)
        {
            return $"the names of {tier.Config.Name} did not resolve";
        }

        var ill = all.Where(static m => !m.Serving).ToArray();
        if (ill.Length == 0)
        {
            return cluster.GuidanceAt(now) is { } guidance && guidance.Of(tier.Config.Name) is { DownVotes: > 0 } said
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{said.DownVotes} of {guidance.Living} gateways could not use {tier.Config.Name}")
                : $"{tier.Config.Name} could not serve";
        }

        var groups = ill.GroupBy(static m => m.Draining ? "drained" : m.Cause.Length > 0 ? m.Cause : "down", StringComparer.Ordinal)
            .OrderByDescending(static g => g.Count())
            .ToArray();
        var words = groups is [var only]
            ? only.Key
            : string.Join(
                ", ",
                groups.Take(MostGroups).Select(static g => string.Create(CultureInfo.InvariantCulture, $"{g.Key} ({g.Count()})")))
                    + (groups.Length > MostGroups ? ", and others" : "");
        return $"{WhichOf(tier.Config.Name, ill.Length, all.Length, ill[0].Destination.Name)} failed: {words}";
    }

    private static string WhichOf(string tier, int ill, int all, string first) => (ill, all) switch
    {
        (1, 1) => $"{first} of {tier}",
        (2, 2) => $"both destinations of {tier}",
        _ when ill == all => string.Create(CultureInfo.InvariantCulture, $"all {all} destinations of {tier}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ill} of {all} destinations of {tier}"),
    };
}
