using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Notifications.Drills;

/// <summary>A drill of another gateway that hurts this one's users.</summary>
/// <param name="Drill">The drill.</param>
/// <param name="Cluster">Its cluster.</param>
/// <param name="Why">How, in half a sentence.</param>
/// <param name="IsNew">It was not told of yet.</param>
internal sealed record HarmfulDrill(ScheduledDrillConfig Drill, ClusterView Cluster, string Why, bool IsNew);

/// <summary>
/// Watches drills that other gateways of the fleet run, by the holds and drains that they make here: the one that runs a drill sees only
/// its own users. The drills' loop owns it.
/// </summary>
internal sealed class ForeignDrills
{
    // A command is carried out at once; views are up to 200 ms old, and it may be lost.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (RequestCount From, DateTimeOffset? EndedAt)> _seen = new(StringComparer.Ordinal);

    /// <summary>Drills of others that hurt this gateway's users and are to be ended, again and again until they are.</summary>
    /// <param name="sources">Show the clusters.</param>
    /// <param name="counts">Their requests.</param>
    /// <param name="own">The drill that this gateway runs; null: none.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<HarmfulDrill> Harmful(DrillSources sources, ClusterCounts counts, string? own, DateTimeOffset now)
    {
        List<HarmfulDrill> harmful = [];
        foreach (var drill in sources.Config().Drills.Schedule)
        {
            if (string.Equals(drill.Name, own, StringComparison.Ordinal)
                || sources.Find(drill.Cluster) is not { } cluster
                || !IsUnderWay(cluster, drill))
            {
                _seen.Remove(drill.Name);
                continue;
            }

            var count = counts.Of(drill.Cluster);
            var seen = _seen.TryGetValue(drill.Name, out var known) ? known : (From: count, EndedAt: null);
            var since = count - seen.From;
            if ((seen.EndedAt is not null || DrillDecision.IsHarmful(drill, since)) && !(now - seen.EndedAt < Again))
            {
                harmful.Add(new HarmfulDrill(drill, cluster, since.Text, IsNew: seen.EndedAt is null));
                seen.EndedAt = now;
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
