using System.Collections.Immutable;
using Gateway.Health.Model;

namespace Gateway.Failover.Recording;

/// <summary>Takes down all that the loop holds true, and puts it back for a replay. Only the loop, or a replay, touches it.</summary>
/// <param name="steps">What is recorded.</param>
/// <param name="config">The configuration in force.</param>
/// <param name="born">When it was put in force, on the loop's clock.</param>
/// <param name="time">The clock, for what people read.</param>
internal sealed class CheckpointMaker(DecisionSteps steps, RecordedConfig config, TimeSpan born, TimeProvider time)
{
    private readonly Guid _run = Guid.NewGuid();
    private bool _isStarted;

    /// <summary>The configuration in force.</summary>
    public RecordedConfig Config { get; set; } = config;

    /// <summary>The first one is the start of the run: nothing has happened yet.</summary>
    /// <param name="lost">How much was not recorded.</param>
    /// <param name="now">The loop's clock.</param>
    public CheckpointOf Take(long lost, TimeSpan now)
    {
        var isStart = !_isStarted;
        _isStarted = true;
        var (at, utc) = isStart ? (born, time.GetUtcNow() - (now - born)) : (now, time.GetUtcNow());
        return new CheckpointOf(
            new Checkpoint(
                Checkpoint.Current,
                _run,
                isStart,
                at.Ticks,
                utc,
                lost,
                Config,
                [.. steps.Names.All.Select(static known => new RecordedName(known.Name, [.. known.Endpoints], TimeSpan.Zero))],
                []),
            isStart ? [] : [.. steps.Clusters.All.Select(static cluster => new HeldCluster(
                cluster.Config.Name,
                cluster.State,
                cluster.GoneTier,
                [.. cluster.Cluster.Timings.Select(t => new RecordedLateAfter(cluster.Config.Name, t.Route, t.LateAfter))],
                [.. cluster.Watches.Select(Of)]))]);
    }

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
            target.OnName(name.Name, new Health.Probing.ResolvedName([.. name.Endpoints], name.ValidFor), now);
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

    private static HeldDestination Of(DestinationWatch watch)
    {
        var monitor = watch.Monitor;
        return new HeldDestination(
            watch.Destination,
            monitor.State,
            monitor.Why,
            monitor.Cause,
            monitor.Since,
            monitor.Drain,
            watch.Probing ? watch.StartedAt : null,
            [.. watch.Destination.Tallies.Select(static tally => (tally.Route, tally.Successes))]);
    }
}

/// <summary>A checkpoint whose destinations have no numbers yet: the writer gives them.</summary>
internal sealed record CheckpointOf(Checkpoint Checkpoint, ImmutableArray<HeldCluster> Clusters);

/// <summary>What is held true of a cluster.</summary>
internal sealed record HeldCluster(
    string Name,
    ClusterState State,
    string? GoneTier,
    ImmutableArray<RecordedLateAfter> Routes,
    ImmutableArray<HeldDestination> Destinations);

/// <summary>What is held true of a destination.</summary>
internal sealed record HeldDestination(
    Destination Destination,
    HealthState State,
    string Why,
    string Cause,
    TimeSpan Since,
    DrainOrder? Drain,
    TimeSpan? ProbedSince,
    ImmutableArray<(string Route, long Successes)> Counts);
