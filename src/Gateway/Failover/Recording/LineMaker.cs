using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Consensus;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Signals;

namespace Gateway.Failover.Recording;

/// <summary>
/// From what the loop took down to lines. Destinations get numbers, from each checkpoint anew. Only the writer touches it.
/// </summary>
internal sealed class LineMaker
{
    private readonly Dictionary<Destination, int> _ids = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, ForecastLimits> _limits = [];
    private readonly List<RecordedLine> _lines = [];
    private TimeSpan _at;
    private string? _guidance;

    /// <summary>The lines of an item, in order. What is returned is valid until the next call.</summary>
    public IReadOnlyList<RecordedLine> Of(in RecordedItem item)
    {
        _lines.Clear();
        if (item is { Kind: RecordedKind.Checkpoint, Payload: CheckpointOf taken })
        {
            _ids.Clear();
            _limits.Clear();
            _guidance = null;
            _at = new TimeSpan(taken.Checkpoint.At);
            var checkpoint = taken.Checkpoint with { Clusters = [.. taken.Clusters.Select(Of)] };

            // It numbers its destinations itself.
            _lines.Clear();
            _lines.Add(new RecordedLine { Checkpoint = checkpoint });
            return _lines;
        }

        var line = Line(item);
        _lines.Add(line with { After = (item.At - _at).Ticks });
        _at = item.At;
        return _lines;
    }

    private RecordedLine Line(in RecordedItem item) => item.Kind switch
    {
        RecordedKind.Tick => new RecordedLine { Tick = item.Payload is Destination[] started ? [.. started.Select(IdOf)] : [] },
        RecordedKind.Decision => new RecordedLine { IsDecision = true },
        RecordedKind.Late => new RecordedLine { Late = item.Number },
        RecordedKind.Evidence => new RecordedLine { Evidence = Of(item.Evidence) },
        _ => item.Payload switch
        {
            CountedRoute counted => new RecordedLine { Count = new RecordedCount(IdOf(counted.Destination), counted.Route, item.Number) },
            RecordedComparison comparison => new RecordedLine { Comparison = comparison },
            RecordedLateAfter lateAfter => new RecordedLine { LateAfter = lateAfter },
            ProbedDestination probed => new RecordedLine { Probe = new RecordedProbe(IdOf(probed.Destination), probed.Result) },
            Command command => new RecordedLine { Command = command },
            RecordedConfig config => new RecordedLine { Config = config },
            RecordedName name => new RecordedLine { Name = name },
            SignalReading reading => new RecordedLine { Signal = Of(reading) },
            ImmutableDictionary<string, FleetGuidance> guidance => Of(guidance),
            Transition transition => new RecordedLine { Transition = transition },
            ObservedSecond second => new RecordedLine { Sample = Of(second) },
            string dirty => new RecordedLine { Dirty = dirty },
            _ => throw new ArgumentException($"A recording has no line for {item.Kind}.", nameof(item)),
        },
    };

    private ClusterCheckpoint Of(HeldCluster held) => new(
        held.Name,
        held.State,
        held.GoneTier,
        held.Routes,
        [.. held.Destinations.Select(known =>
        {
            var id = IdOf(known.Destination);
            return new DestinationCheckpoint(
                Of(known.Destination, id),
                known.State,
                known.Why,
                known.Cause,
                known.Since,
                known.Drain,
                known.ProbedSince,
                [.. known.Counts.Select(count => new RecordedCount(id, count.Route, count.Successes))]);
        })]);

    private RecordedEvidence Of(in Evidence evidence) => new(
        IdOf(evidence.Destination),
        evidence.Route,
        evidence.Kind,
        evidence.HalfOpen,
        evidence.Waited,
        evidence.Status,
        evidence.RetryAfter,
        evidence.Cause,
        evidence.Confirmed,
        evidence.Lone,
        evidence.Target);

    private RecordedSignal Of(SignalReading reading) => new(
        IdOf(reading.Destination),
        reading.Signal,
        reading.State,
        reading.Effect,
        reading.Value,
        reading.ValidFor,
        reading.Weight,
        reading.Capacity);

    private RecordedLine Of(ImmutableDictionary<string, FleetGuidance> guidance)
    {
        var text = JsonSerializer.Serialize(guidance, RecordingJson.Options);
        if (string.Equals(text, _guidance, StringComparison.Ordinal))
        {
            return new RecordedLine { SameGuidance = true };
        }

        _guidance = text;
        return new RecordedLine { Guidance = guidance };
    }

    private RecordedSample Of(ObservedSecond observed)
    {
        var (id, second) = (IdOf(observed.Destination), observed.Second);
        var isKnown = _limits.TryGetValue(id, out var limits) && limits == second.Limits;
        _limits[id] = second.Limits;

        // Below a thousandth the suspicion says nothing; most seconds have no series.
        var sample = second.Sample with
        {
            Phi = Math.Round(second.Sample.Phi, 3),
            Series = second.Sample.Series is { Count: > 0 } series ? series : null!,
        };
        return new RecordedSample(id, sample, isKnown ? null : second.Limits, second.Serves, second.IsExcused);
    }

    private int IdOf(Destination destination)
    {
        if (!_ids.TryGetValue(destination, out var id))
        {
            _ids[destination] = id = _ids.Count + 1;
            _lines.Add(new RecordedLine { Destination = Of(destination, id) });
        }

        return id;
    }

    private static RecordedDestination Of(Destination destination, int id) =>
        new(id, destination.Cluster, destination.Name, destination.Url);
}
