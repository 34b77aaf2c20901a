using Gateway.Health.Probing;

namespace Gateway.Failover.Recording;

/// <summary>Puts back for a replay what a checkpoint says that the loop held true.</summary>
internal static class CheckpointRestorer
{
    /// <summary>Puts a checkpoint back into steps that have no cluster yet.</summary>
    /// <param name="target">Where.</param>
    /// <param name="checkpoint">What was held true.</param>
    /// <param name="given">The configuration to decide by.</param>
    public static void Restore(DecisionSteps target, Checkpoint checkpoint, RecordedConfig given)
    {
        var now = new TimeSpan(checkpoint.At);
        var routes = given.Routes.ToHashSet(StringComparer.Ordinal);
        target.Clusters.Apply(given.Clusters, routes, now);
        foreach (var name in checkpoint.Names)
        {
            target.OnName(name.Name, new ResolvedName([.. name.Endpoints], name.ValidFor) { IsCertain = true }, now);
        }

        foreach (var held in checkpoint.Clusters)
        {
            if (target.Clusters.Find(held.Name) is not { } cluster)
            {
                continue;
            }

            foreach (var route in held.Routes)
            {
                cluster.Cluster.TimingOf(route.Route).Restore(route.After);
            }

            foreach (var known in held.Destinations)
            {
                if (ReplayDestinations.Find(target.Clusters, known.Destination) is { } watch)
                {
                    Restore(watch, known);
                }
            }

            // Of tiers with other names nothing is held true.
            if (held.State.HealthySince.Length == cluster.Tiers.Length)
            {
                cluster.State = held.State;
                cluster.GoneTier = held.GoneTier;
            }
        }
    }

    private static void Restore(DestinationWatch watch, DestinationCheckpoint known)
    {
        foreach (var count in known.Counts)
        {
            watch.Destination.Tally(count.Route).Restore(count.Successes);
        }

        watch.Monitor.Restore(known.State, known.Why, known.Cause, known.Since, known.Drain);
        if (known.ProbedSince is { } since)
        {
            watch.Begin(since);
        }
    }
}
