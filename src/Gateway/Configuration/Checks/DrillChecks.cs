using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Checks;

/// <summary>Scheduled drills that name what is not there, or could never run.</summary>
internal static class DrillChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(GatewayConfig config, Reader reader)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < config.Drills.Schedule.Length; i++)
        {
            var drill = config.Drills.Schedule[i];
            var path = $"drills/schedule/{i.ToString(CultureInfo.InvariantCulture)}";
            if (!names.Add(drill.Name))
            {
                reader.ProblemAt(
                    $"{path}/name", $"Two drills have the same name, given {Reader.Quote(drill.Name)}. Write another name.");
            }

            if (drill.Window.Length < drill.For + ScheduledDrillConfig.Margin)
            {
                reader.ProblemAt(
                    $"{path}/window",
                    $"A window must be at least {DurationText.Format(ScheduledDrillConfig.Margin)} longer than the drill, given "
                    + $"{DurationText.Format(drill.Window.Length)} for a drill of {DurationText.Format(drill.For)}. Write a longer window, "
                    + "or a shorter \"for\".",
                    $"{path}/for");
            }

            if (config.Clusters.FirstOrDefault(c => string.Equals(c.Name, drill.Cluster, StringComparison.Ordinal)) is { } cluster)
            {
                Losable(drill, cluster, path, reader);
            }
            else
            {
                reader.ProblemAt(
                    $"{path}/cluster",
                    $"There is no cluster of this name, given {Reader.Quote(drill.Cluster)}. Write one of these: "
                    + $"{string.Join(", ", config.Clusters.Select(static c => c.Name))}.",
                    "clusters");
            }
        }

        if (!config.Drills.Schedule.IsEmpty && !config.Notify.Any(static n => n.Events.Contains(NotifyEvent.Drill)))
        {
            reader.WarningAt(
                "drills/schedule",
                "Nothing is told of drills, but in journal and log. Write \"drill\" among the events of a receiver under \"notify\".");
        }
    }

    private static void Losable(ScheduledDrillConfig drill, ClusterConfig cluster, string path, Reader reader)
    {
        if (drill.Lose == DrillLoss.Tier && cluster.Tiers.Length < 2)
        {
            reader.ProblemAt(
                $"{path}/lose",
                $"A drill that loses a tier needs a second one, given cluster {Reader.Quote(cluster.Name)} with one. Write "
                + "\"lose: destination\", or add a tier.",
                $"{path}/cluster");
        }

        // How many addresses a name or a service has, is not known yet.
        if (drill.Lose == DrillLoss.Destination
            && cluster.Tiers is [{ Destinations: [{ Resolve: false, IsService: false }] } first, ..])
        {
            reader.ProblemAt(
                $"{path}/lose",
                $"A drill that loses a destination needs a second one in the first tier, given {Reader.Quote(first.Name)} with one. Write "
                + "\"lose: tier\", or add a destination.",
                $"{path}/cluster");
        }
    }
}
