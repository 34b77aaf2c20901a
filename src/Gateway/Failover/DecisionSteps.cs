using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Failover.Recording;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>
/// The failover loop's decisions, a step at a time on a clock that it is given: the loop takes the steps as messages and time come, a
/// replay as they were recorded. Only the loop touches it.
/// </summary>
internal sealed class DecisionSteps
{
    /// <param name="subscribers">Told of every transition; they must not wait.</param>
    /// <param name="report">Takes a probe's result back to the loop; null: a replay, which sends none.</param>
    /// <param name="probed">Told how long each probe took.</param>
    /// <param name="time">The clock, for what people read.</param>
    /// <param name="logger">The log.</param>
    public DecisionSteps(
        IReadOnlyList<Action<Transition>> subscribers,
        Func<DestinationWatch, int, ProbeResult, ValueTask>? report,
        Action<TimeSpan>? probed,
        TimeProvider time,
        ILogger logger)
    {
        Decider = new ClusterDecider([transition => Recorder?.OnTransition(transition), .. subscribers], time, logger);
        Names = new NameTable(logger);
        Clusters = new ClusterTable(Names, Decider, Pending, Step, time);
        Keeper = new HealthKeeper(Clusters, Decider, report, probed, time, logger);
        Commands = new CommandCarrier(Clusters, Decider);
        Votes = new ClusterVotes(Clusters, Decider);
    }

    /// <summary>The step that is under way.</summary>
    public LoopStep Step { get; } = new();

    /// <summary>What was begun and is not waited for.</summary>
    public PendingTasks Pending { get; } = new();

    /// <summary>Announces transitions.</summary>
    public ClusterDecider Decider { get; }

    /// <summary>The names that stand for addresses.</summary>
    public NameTable Names { get; }

    /// <summary>The clusters.</summary>
    public ClusterTable Clusters { get; }

    /// <summary>The health of destinations.</summary>
    public HealthKeeper Keeper { get; }

    /// <summary>Carries out commands.</summary>
    public CommandCarrier Commands { get; }

    /// <summary>Votes, and what the fleet decided.</summary>
    public ClusterVotes Votes { get; }

    /// <summary>Takes down what decisions rest on; null: nothing is recorded.</summary>
    public DecisionRecorder? Recorder { get; private set; }

    /// <summary>From now on this takes down what decisions rest on.</summary>
    public void Record(DecisionRecorder recorder)
    {
        Recorder = recorder;
        Step.Counted = recorder.OnCount;
        Keeper.Started = recorder.OnStarted;
        Decider.Compared = recorder.OnCompared;
    }

    /// <summary>The loop turns; before anything is judged it looks at itself.</summary>
    /// <param name="planned">When it had planned to.</param>
    /// <param name="now">The clock.</param>
    public void BeginTurn(TimeSpan planned, TimeSpan now)
    {
        Recorder?.BeginTurn(planned, now);
        Keeper.SuspectOurselves(planned, now);
    }

    /// <summary>An attempt showed something.</summary>
    public void OnEvidence(in Evidence evidence, TimeSpan now)
    {
        // What a step rests on is recorded before it, and the step when it is done.
        Begin(now);
        Keeper.OnEvidence(evidence, now);
        Recorder?.OnEvidence(evidence);
    }

    /// <summary>A probe ended.</summary>
    public void OnProbe(DestinationWatch watch, int round, in ProbeResult result, TimeSpan now)
    {
        Begin(now);
        if (Keeper.OnProbe(watch, round, result, now))
        {
            Recorder?.OnProbe(watch.Destination, result);
        }
    }

    /// <summary>An operator commands something.</summary>
    public CommandResult OnCommand(Command command, TimeSpan now)
    {
        Begin(now);
        var result = Commands.Carry(command, now);
        Recorder?.OnCommand(command);
        return result;
    }

    /// <summary>Another configuration.</summary>
    public void Apply(GatewayConfig config, TimeSpan now)
    {
        Begin(now);
        Clusters.Apply(config, now);
        Recorder?.OnConfig(config);
    }

    /// <summary>A name was looked up.</summary>
    public void OnName(DnsName name, ResolvedName resolved, TimeSpan now)
    {
        Begin(now);
        if (Names.OnResolved(name, resolved))
        {
            Clusters.OnNameChanged(name, now);
            Recorder?.OnName(name, resolved);
        }
    }

    /// <summary>A signal says something of a destination.</summary>
    public void OnSignal(SignalReading reading, TimeSpan now)
    {
        Begin(now);
        SignalIntake.Take(Clusters, reading, now);
        Recorder?.OnSignal(reading);
    }

    /// <summary>The fleet decided.</summary>
    public void OnGuided(ImmutableDictionary<string, FleetGuidance> guidance, TimeSpan now)
    {
        Begin(now);
        Votes.OnGuided(guidance, now);
        Recorder?.OnGuidance(guidance);
    }

    /// <summary>Time passed.</summary>
    public void Tick(TimeSpan now)
    {
        Begin(now);
        foreach (var cluster in Clusters.All)
        {
            Keeper.OnTick(cluster, now);
            Decider.Evaluate(cluster, order: null, command: null, now);
        }
    }

    /// <summary>What messages and ticks have changed is decided on.</summary>
    public void Decide(TimeSpan now)
    {
        Begin(now);
        var any = false;
        foreach (var cluster in Clusters.All)
        {
            if (cluster.Dirty)
            {
                any = true;
                Decider.Evaluate(cluster, order: null, command: null, now);
            }
        }

        if (any)
        {
            Recorder?.OnDecision();
        }
    }

    private void Begin(TimeSpan now)
    {
        Step.Begin();
        Recorder?.Begin(now);
    }
}
