using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Cli;

/// <summary>A scheduled drill of the configuration in a sentence, for <c>check</c>, <c>explain</c> and <c>plan</c>.</summary>
internal static class ScheduledDrillText
{
    private const int DaysOfWeek = 7;

    /// <summary>Those of a cluster; null: there are none.</summary>
    public static ImmutableArray<string>? Of(GatewayConfig config, string cluster)
    {
        ImmutableArray<string> texts =
        [
            .. config.Drills.Schedule.Where(drill => string.Equals(drill.Cluster, cluster, StringComparison.Ordinal)).Select(Of),
        ];
        return texts.IsEmpty ? null : texts;
    }

    /// <summary>What it takes away, when, and when it stops.</summary>
    public static string Of(ScheduledDrillConfig drill) =>
        $"{drill.Name}: {drill.Cluster} loses {(drill.Lose == DrillLoss.Tier ? "its first tier" : "a destination of its first tier")} for "
        + $"{DurationText.Format(drill.For)}, {DaysOf(drill)} from {drill.Window.From:HH:mm} to {drill.Window.To:HH:mm} UTC; it stops when "
        + $"more than {PercentText.Format(drill.StopAbove)} of the requests count against slo";

    private static string DaysOf(ScheduledDrillConfig drill) => drill.Days.Length == DaysOfWeek
        ? "every day"
        : "on " + string.Join(", ", drill.Days.Select(static day => day.ToString()[..3]));
}
