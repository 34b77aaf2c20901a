using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Failover.Comparison;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;
using Gateway.Health.Signals;

namespace Gateway.Failover.Recording;

/// <summary>
/// Takes down all that the failover loop's decisions rest on, so that <c>./gateway replay</c> can decide again. Never waits. Only the loop
/// touches it.
/// </summary>
internal sealed class DecisionRecorder
{
    // From a checkpoint on a recording can be read when what was before it is gone.
    private const int MostBetweenCheckpoints = 100_000;
    private static readonly TimeSpan LongestBetweenCheckpoints = TimeSpan.FromHours(1);

    private readonly ClusterTable _clusters;
    private readonly RecordingQueue _queue;
    private readonly CheckpointMaker _checkpoints;
    private readonly List<Destination> _started = [];
    private TimeSpan _now;
    private TimeSpan _checkpointAt;
    private int _posted;

    /// <param name="clusters">The clusters whose decisions are recorded.</param>
    /// <param name="names">The names that stand for addresses.</param>
    /// <param name="queue">Where it goes.</param>
    /// <param name="config">The configuration in force.</param>
    /// <param name="born">When it was put in force, on the loop's clock.</param>
    /// <param name="time">The clock, for what people read.</param>
    public DecisionRecorder(
        ClusterTable clusters, NameTable names, RecordingQueue queue, GatewayConfig config, TimeSpan born, TimeProvider time)
    {
        _clusters = clusters;
        _queue = queue;
        _checkpoints = new CheckpointMaker(clusters, names, RecordedConfigs.Of(config), born, time);
    }

    /// <summary>A probe begins.</summary>
    public void OnStarted(Destination destination) => _started.Add(destination);

    /// <summary>A count that the step rests on.</summary>
    public void OnCount(Destination destination, string route, long successes) =>
        Post(RecordedKind.Count, new CountedRoute(destination, route), successes);

    /// <summary>What the comparison of two tiers comes to.</summary>
    public void OnCompared(ClusterRuntime cluster, ComparisonResult result) =>
        Post(RecordedKind.Comparison, new RecordedComparison(cluster.Config.Name, result));

    /// <summary>The loop turns, before anything is judged.</summary>
    /// <param name="planned">When it had planned to.</param>
    /// <param name="now">The loop's clock.</param>
    public void BeginTurn(TimeSpan planned, TimeSpan now)
    {
        _now = now;
        if (_queue.WantsCheckpoint || _posted >= MostBetweenCheckpoints || now - _checkpointAt >= LongestBetweenCheckpoints)
        {
            _posted = 0;
            _checkpointAt = now;
            _queue.WantsCheckpoint = false;
            Post(RecordedKind.Checkpoint, _checkpoints.Take(_queue.Dropped, now));
        }

        if (now - planned > LocalHealthGuard.LateTick)
        {
            Post(RecordedKind.Late, payload: null, planned.Ticks);
        }
    }

    /// <summary>A step begins.</summary>
    public void Begin(TimeSpan now) => _now = now;

    /// <summary>An attempt showed something.</summary>
    public void OnEvidence(in Evidence evidence)
    {
        if (_clusters.Find(evidence.Destination) is not null)
        {
            Count(_queue.Post(new RecordedItem(RecordedKind.Evidence, _now, Evidence: evidence)));
        }
    }

    /// <summary>A probe ended, and counts.</summary>
    public void OnProbe(Destination destination, in ProbeResult result) =>
        Post(RecordedKind.Probe, new ProbedDestination(destination, result));

    /// <summary>An operator's command.</summary>
    public void OnCommand(Command command) => Post(RecordedKind.Command, command);

    /// <summary>Another configuration is in force.</summary>
    public void OnConfig(GatewayConfig config)
    {
        var recorded = RecordedConfigs.Of(config);
        _checkpoints.Config = recorded;
        Post(RecordedKind.Config, recorded);
    }

    /// <summary>A name stands for other endpoints.</summary>
    public void OnName(DnsName name, ResolvedName resolved) =>
        Post(RecordedKind.Name, new RecordedName(name, [.. resolved.Endpoints], resolved.ValidFor));

    /// <summary>A signal says something.</summary>
    public void OnSignal(SignalReading reading) => Post(RecordedKind.Signal, reading);

    /// <summary>The fleet decided.</summary>
    public void OnGuidance(ImmutableDictionary<string, FleetGuidance> guidance) => Post(RecordedKind.Guidance, guidance);

    /// <summary>Time passed, and waits were measured; the clusters that are not clean yet are so by forecasts.</summary>
    public void OnTick()
    {
        Post(RecordedKind.Tick, _started.Count == 0 ? null : _started.ToArray());
        _started.Clear();
        foreach (var cluster in _clusters.All)
        {
            if (cluster.Dirty)
            {
                Post(RecordedKind.Dirty, cluster.Config.Name);
            }

            foreach (var timing in cluster.Cluster.Timings)
            {
                if (timing.LateAfter != timing.Recorded)
                {
                    timing.Recorded = timing.LateAfter;
                    Post(RecordedKind.LateAfter, new RecordedLateAfter(cluster.Config.Name, timing.Route, timing.LateAfter));
                }
            }
        }
    }

    /// <summary>What messages and ticks changed was decided on.</summary>
    public void OnDecision() => Post(RecordedKind.Decision);

    /// <summary>The active tier changed.</summary>
    public void OnTransition(Transition transition) => Post(RecordedKind.Transition, transition);

    /// <summary>A forecast was made of this.</summary>
    public void OnSecond(Destination destination, RecordedSecond second) =>
        Post(RecordedKind.Second, new ObservedSecond(destination, second));

    private void Post(RecordedKind kind, object? payload = null, long number = 0) =>
        Count(_queue.Post(new RecordedItem(kind, _now, payload, number)));

    private void Count(bool posted) => _posted += posted ? 1 : 0;
}

/// <summary>A probe's result.</summary>
internal sealed record ProbedDestination(Destination Destination, ProbeResult Result);

/// <summary>A second that a forecast was made of.</summary>
internal sealed record ObservedSecond(Destination Destination, RecordedSecond Second);
