using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Notifications.Drills;

/// <summary>
/// Watches drills that other gateways of the fleet run, by the holds and drains that they make here: the one that runs a drill sees only
/// its own users. The drills' loop owns it.
/// </summary>
internal sealed class ForeignDrills
{
    private readonly Dictionary<string, (RequestCount From, bool IsTold)> _seen = new(StringComparer.Ordinal);

    /// <summary>Drills of others that hurt this gateway's users; each is given once.</summary>
    public IReadOnlyList<(ScheduledDrillConfig Drill, ClusterView Cluster, string Why)> Harmful(DrillSources sources, string? own)
    {
        List<(ScheduledDrillConfig, ClusterView, string)> harmful = [];
        foreach (var drill in sources.Config().Drills.Schedule)
        {
            if (string.Equals(drill.Name, own, StringComparison.Ordinal)
                || sources.Find(drill.Cluster) is not { } cluster
                || !IsUnderWay(cluster, drill))
            {
                _seen.Remove(drill.Name);
                continue;
            }

            var count = sources.CountOf(drill.Cluster);
            var seen = _seen.TryGetValue(drill.Name, out var known) ? known : (From: count, IsTold: false);
            var since = count - seen.From;
            if (!seen.IsTold && DrillDecision.IsHarmful(drill, since))
            {
                seen.IsTold = true;
                harmful.Add((drill, cluster, since.Text));
            }

            _seen[drill.Name] = seen;
        }

        return harmful;
    }

    /// <summary>The destination that a drill drains; empty: none.</summary>
    public static string DrainedBy(ClusterView cluster, string drill)
    {
        foreach (var tier in cluster.Tiers)
        {
            foreach (var destination in tier.Destinations)
            {
                if (destination.Draining && Is(destination.Drain?.By, drill))
                {
                    return destination.Name;
                }
            }
        }

        return "";
    }

    private static bool IsUnderWay(ClusterView cluster, ScheduledDrillConfig drill) => drill.Lose == DrillLoss.Tier
        ? Is(cluster.Hold?.By, drill.Name)
        : DrainedBy(cluster, drill.Name).Length > 0;

    private static bool Is(string? by, string drill) => string.Equals(DrillWords.DrillOf(by), drill, StringComparison.Ordinal);
}
