using System.Collections.Immutable;
using Gateway.Health.Model;

namespace Gateway.Failover.Recording;

/// <summary>Takes down all that the loop holds true. Only the loop touches it.</summary>
/// <param name="clusters">The clusters.</param>
/// <param name="names">The names that stand for addresses.</param>
/// <param name="config">The configuration in force.</param>
/// <param name="born">When it was put in force, on the loop's clock.</param>
/// <param name="time">The clock, for what people read.</param>
internal sealed class CheckpointMaker(
    ClusterTable clusters, NameTable names, RecordedConfig config, TimeSpan born, TimeProvider time)
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
                [.. names.All.Select(static known => new RecordedName(known.Name, [.. known.Endpoints], TimeSpan.Zero))],
                []),
            isStart ? [] : [.. clusters.All.Select(static cluster => new HeldCluster(
                cluster.Config.Name,
                cluster.State,
                cluster.GoneTier,
                [.. cluster.Cluster.Timings.Select(t => new RecordedLateAfter(cluster.Config.Name, t.Route, t.LateAfter))],
                [.. cluster.Watches.Select(Of)]))]);
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
