using System.Collections.Immutable;
using Gateway.Consensus;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Signals;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Failover.Recording;

/// <summary>
/// Runs a recording through the code that decides, on the time that it was recorded at, and notes the transitions: by the recorded
/// configurations they are the recorded ones; by another they are what it would have done with the same evidence.
/// </summary>
/// <param name="given">The configuration to decide by; null: the recorded ones.</param>
internal sealed class DecisionReplay(RecordedConfig? given)
{
    private readonly ReplayTime _time = new();
    private readonly List<ReplayedTransition> _recorded = [];
    private readonly List<ReplayedTransition> _replayed = [];
    private readonly List<string> _revisions = [];
    private readonly Dictionary<int, RecordedDestination> _destinations = [];
    private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, FleetGuidance> _guidance = ImmutableDictionary<string, FleetGuidance>.Empty;
    private DecisionSteps? _steps;
    private RecordedConfig? _inForce;
    private Guid _run;
    private long _lost;
    private bool _isWhole = true;
    private DateTimeOffset? _from;

    /// <summary>How far it is, on the wall clock.</summary>
    public DateTimeOffset Utc => _time.GetUtcNow();

    /// <summary>Takes the next line.</summary>
    public void Take(RecordedLine line)
    {
        if (line.Checkpoint is { } checkpoint)
        {
            Begin(checkpoint);
            return;
        }

        if (line.Destination is { } destination)
        {
            _destinations[destination.Id] = destination;
            return;
        }

        _time.Advance(new TimeSpan(line.After));
        if (_steps is not { } steps)
        {
            return;
        }

        Take(steps, line, _time.Now);
    }

    /// <summary>What came of it; the replay is over.</summary>
    public async Task<ReplayResult> EndAsync()
    {
        await RetireAsync();
        var to = _time.GetUtcNow();
        return new ReplayResult(_recorded, _replayed, _revisions, _from ?? to, to, _isWhole, [.. _unknown]);
    }

    private void Take(DecisionSteps steps, RecordedLine line, TimeSpan now)
    {
        switch (line)
        {
            case { Tick: { } started }:
                Tick(steps, started, now);
                break;
            case { IsDecision: true }:
                steps.Decide(now);
                break;
            case { Transition: { } transition }:
                _recorded.Add(new ReplayedTransition(_run, now, transition.At, transition));
                break;
            case { Late: { } planned }:
                steps.Keeper.SuspectOurselves(new TimeSpan(planned), now);
                break;
            case { Config: { } config }:
                Configure(steps, config, now);
                break;
            case { Command: { } command }:
                steps.OnCommand(command, now);
                break;
            case { Name: { } name }:
                steps.OnName(name.Name, new ResolvedName([.. name.Endpoints], name.ValidFor) { IsCertain = true }, now);
                break;
            case { Guidance: not null } or { SameGuidance: true }:
                _guidance = line.Guidance ?? _guidance;
                steps.OnGuided(_guidance, now);
                break;
            case { Comparison: { } compared } when steps.Clusters.Find(compared.Cluster) is { } cluster:
                cluster.Ramp.Restore(compared.Result);
                break;
            case { Dirty: { } dirty } when steps.Clusters.Find(dirty) is { } cluster:
                cluster.Dirty = true;
                break;
            case { LateAfter: { } late } when steps.Clusters.Find(late.Cluster) is { } cluster:
                var most = cluster.Config.Timeouts.FirstByte;
                cluster.Cluster.TimingOf(late.Route).Restore(late.After < most ? late.After : most);
                break;
            default:
                OnDestination(steps, line, now);
                break;
        }
    }

    private void OnDestination(DecisionSteps steps, RecordedLine line, TimeSpan now)
    {
        var id = line.Evidence?.Id ?? line.Probe?.Id ?? line.Count?.Id ?? line.Signal?.Id ?? 0;
        if (Find(steps, id) is not { } watch)
        {
            return;
        }

        switch (line)
        {
            case { Count: { } count }:
                watch.Destination.Tally(count.Route).Restore(count.Successes);
                break;
            case { Evidence: { } e }:
                steps.OnEvidence(
                    new Evidence(
                        watch.Destination,
                        e.Route,
                        e.Kind,
                        e.HalfOpen,
                        e.Waited,
                        e.Status,
                        e.RetryAfter,
                        e.Cause,
                        e.Confirmed,
                        e.Lone,
                        e.Target),
                    now);
                break;
            case { Probe: { } probe }:
                steps.OnProbe(watch, watch.Round, Under(probe.Result, watch), now);
                break;
            case { Signal: { } signal }:
                steps.OnSignal(
                    new SignalReading(watch.Destination, signal.Signal, signal.State, signal.Effect, signal.Value, signal.ValidFor)
                    {
                        Weight = signal.Weight,
                        Capacity = signal.Capacity,
                    },
                    now);
                break;
        }
    }

    // A tick starts the probes that it started then: the configuration given cannot change when they were sent.
    private void Tick(DecisionSteps steps, int[] started, TimeSpan now)
    {
        steps.Tick(now);
        foreach (var id in started)
        {
            if (Find(steps, id) is { Probing: false } watch)
            {
                watch.Begin(now);
            }
        }
    }

    private void Begin(Checkpoint checkpoint)
    {
        _destinations.Clear();
        foreach (var known in checkpoint.Clusters.SelectMany(static cluster => cluster.Destinations))
        {
            _destinations[known.Destination.Id] = known.Destination;
        }

        var goesOn = _steps is not null && checkpoint.Run == _run && checkpoint.Lost == _lost;
        (_run, _lost) = (checkpoint.Run, checkpoint.Lost);
        _time.Set(new TimeSpan(checkpoint.At), checkpoint.Utc);
        _from ??= checkpoint.Utc;
        if (goesOn)
        {
            return;
        }

        // What is held true is known from here on; what the windows held, and what was lost, is not.
        _isWhole &= checkpoint.IsStart;
        _ = RetireAsync();
        NoteRevision(checkpoint.Config);
        _steps = new DecisionSteps([Note], report: null, probed: null, _time, NullLogger.Instance);
        CheckpointRestorer.Restore(_steps, checkpoint, given ?? checkpoint.Config);
    }

    private void Configure(DecisionSteps steps, RecordedConfig config, TimeSpan now)
    {
        NoteRevision(config);
        if (given is null)
        {
            steps.Clusters.Apply(config.Clusters, config.Routes.ToHashSet(StringComparer.Ordinal), now);
        }
    }

    private void NoteRevision(RecordedConfig config)
    {
        _inForce = config;
        if (_revisions is not [.., var last] || !string.Equals(last, config.Revision, StringComparison.Ordinal))
        {
            _revisions.Add(config.Revision);
        }
    }

    private void Note(Transition transition) =>
        _replayed.Add(new ReplayedTransition(_run, _time.Now, _time.GetUtcNow(), transition));

    private DestinationWatch? Find(DecisionSteps steps, int id)
    {
        if (!_destinations.TryGetValue(id, out var recorded))
        {
            return null;
        }

        if (ReplayDestinations.Find(steps.Clusters, recorded) is { } watch)
        {
            return watch;
        }

        _unknown.Add($"{recorded.Cluster}/{recorded.Name}");
        return null;
    }

    // A response that came later than the time that the configuration given grants was none.
    private ProbeResult Under(in ProbeResult result, DestinationWatch watch) =>
        result.Passed
            && watch.Monitor.Config.Probe.Timeout is var granted
            && result.Duration > granted
            && granted < TimeoutThen(watch)
            ? result with { Outcome = ProbeOutcome.TimedOut, Cause = FailureCause.HeadersTimeout, Status = 0 }
            : result;

    private TimeSpan TimeoutThen(DestinationWatch watch)
    {
        foreach (var cluster in _inForce?.Clusters ?? [])
        {
            if (string.Equals(cluster.Name, watch.Destination.Cluster, StringComparison.Ordinal))
            {
                return cluster.Probe.Timeout;
            }
        }

        return TimeSpan.Zero;
    }

    private async Task RetireAsync()
    {
        if (_steps is { } steps)
        {
            _steps = null;
            steps.Clusters.RetireAll();
            await steps.Pending.WhenAll();
        }
    }
}
