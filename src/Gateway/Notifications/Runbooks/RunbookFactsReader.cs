using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Failover;

namespace Gateway.Notifications.Runbooks;

/// <summary>What the views of clusters say about a fault, as facts for the decision. Pure.</summary>
internal static class RunbookFactsReader
{
    private const string Mark = "runbook ";

    /// <summary>As whom a runbook drains.</summary>
    public static string ByOf(string runbook) => Mark + runbook;

    /// <summary>
    /// The facts that the clusters show; what only the loop knows (history, fleet, runs) is added by it. Null: the destination is no
    /// longer there.
    /// </summary>
    /// <param name="fault">The fault.</param>
    /// <param name="clusters">All clusters.</param>
    /// <param name="watch">Says which destinations are faulty.</param>
    /// <param name="day">Today.</param>
    public static RunbookFacts? Of(
        RunbookFault fault, IReadOnlyList<ClusterView> clusters, RunbookWatch watch, DateOnly day)
    {
        var name = fault.Key.Cluster;
        if (clusters.FirstOrDefault(c => string.Equals(c.Name, name, StringComparison.Ordinal)) is not { } cluster
            || Find(cluster, fault.Key.Destination) is not { } destination)
        {
            return null;
        }

        return new RunbookFacts
        {
            IsHistoryRead = false,
            IsFrozen = fault.Runbook.IsFrozenOn(day),
            IsHeld = cluster.Hold is not null,
            IsDrainedByOperator = destination.Draining && !IsRunbook(destination.Drain?.By),
            Serves = RunbookSubjects.IsWell(destination),
            OthersServing = cluster.Tiers.Sum(tier => tier.Destinations.Count(other =>
                !other.Draining && RunbookSubjects.IsWell(other) && !ReferenceEquals(other, destination))),
            Groups =
            [
                .. cluster.Tiers.Select(tier => Count(fault.Runbook, cluster, tier.Destinations, watch)),
                Sum(clusters.Select(one => Count(fault.Runbook, one, watch))),
            ],
            Cluster = Count(fault.Runbook, cluster, watch),
            IsTried = watch.IsTried(fault.Key),
            PerHour = fault.Runbook.Limits.PerHour,
        };
    }

    /// <summary>A destination of a cluster; null: there is none of that name.</summary>
    public static DestinationView? Find(ClusterView cluster, string name)
    {
        foreach (var tier in cluster.Tiers)
        {
            foreach (var destination in tier.Destinations)
            {
                if (string.Equals(destination.Name, name, StringComparison.Ordinal))
                {
                    return destination;
                }
            }
        }

        return null;
    }

    /// <summary>Whether a runbook gave an order. An operator may give any name, and has an address behind it.</summary>
    public static bool IsRunbook(string? by) =>
        by?.StartsWith(Mark, StringComparison.Ordinal) == true && NameText.IsName(by[Mark.Length..]);

    private static FaultyCount Count(RunbookConfig runbook, ClusterView cluster, RunbookWatch watch) =>
        Sum(cluster.Tiers.Select(tier => Count(runbook, cluster, tier.Destinations, watch)));

    // A runbook that is not for a cluster looks only at what is lost there.
    private static FaultyCount Count(
        RunbookConfig runbook, ClusterView cluster, ImmutableArray<DestinationView> destinations, RunbookWatch watch) => new(
            destinations.Count(d => d.Lost || watch.IsFaulty(runbook, cluster.Name, d.Name)), destinations.Length);

    private static FaultyCount Sum(IEnumerable<FaultyCount> counts)
    {
        var sum = default(FaultyCount);
        foreach (var count in counts)
        {
            sum = new FaultyCount(sum.Faulty + count.Faulty, sum.Size + count.Size);
        }

        return sum;
    }
}
