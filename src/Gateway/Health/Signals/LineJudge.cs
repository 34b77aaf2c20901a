using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Configuration.Keys;
using Gateway.Configuration.Model;
using Gateway.Health.Forecast;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// Counts the lines of a log that match, for each destination, and says of each whether there were enough. Lines are untrusted: a
/// pattern takes time linear in the line, and no message repeats one. Not thread-safe.
/// </summary>
internal sealed class LineJudge
{
    private const string Group = "destination";
    private static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(10);

    private readonly SignalConfig _signal;
    private readonly Func<IReadOnlyList<Destination>> _destinations;
    private readonly Action<SignalReading> _report;
    private readonly TimeProvider _time;
    private readonly Regex _pattern;
    private readonly bool _namesDestination;
    private readonly Dictionary<string, LineCount> _counts = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, (int Lines, TimeSpan At)> _told = ImmutableDictionary<string, (int, TimeSpan)>.Empty;

    /// <param name="signal">The signal.</param>
    /// <param name="destinations">The cluster's destinations now.</param>
    /// <param name="report">Takes readings; must not wait.</param>
    /// <param name="time">The clock.</param>
    public LineJudge(SignalConfig signal, Func<IReadOnlyList<Destination>> destinations, Action<SignalReading> report, TimeProvider time)
    {
        _signal = signal;
        _destinations = destinations;
        _report = report;
        _time = time;
        _pattern = SignalLineKeys.PatternOf(signal.Pattern!);
        _namesDestination = _pattern.GetGroupNames().Contains(Group, StringComparer.Ordinal);
    }

    /// <summary>The cluster's destinations, as of the last report.</summary>
    public IReadOnlyList<Destination> Destinations { get; private set; } = [];

    /// <summary>Looks which destinations there are now.</summary>
    public void Look() => Destinations = _destinations();

    /// <summary>Takes a line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="source">The destination that its source is of; null: the line says it, or it is the whole cluster's.</param>
    /// <param name="host">The host that sent it, where nothing else names a destination; null: it is not known.</param>
    public void Take(ReadOnlyMemory<byte> line, string? source, string? host = null)
    {
        var text = LogLine.TextOf(line, out var ownName);
        if (!_pattern.IsMatch(text))
        {
            return;
        }

        var now = _time.GetElapsedTime(0);
        if ((source ?? NameIn(text, ownName ?? host)) is { } name)
        {
            Count(name, now);
            return;
        }

        foreach (var destination in Destinations)
        {
            Count(destination.Name, now);
        }
    }

    /// <summary>Reports on every destination of which something is known: its log is there.</summary>
    /// <param name="hasLog">Whether a destination has a log.</param>
    public void Report(Func<string, bool> hasLog)
    {
        var now = _time.GetElapsedTime(0);
        foreach (
            var gone in _counts.Keys.Where(name => !Destinations.Any(d => string.Equals(d.Name, name, StringComparison.Ordinal))).ToArray())
        {
            _counts.Remove(gone);
            _told = _told.Remove(gone);
        }

        foreach (var destination in Destinations)
        {
            var lines = _counts.TryGetValue(destination.Name, out var count) ? count.At(now) : 0;
            var isNews = !_told.TryGetValue(destination.Name, out var told) || told.Lines != lines || now - told.At >= RepeatEvery;
            if (isNews && (lines > 0 || hasLog(destination.Name)))
            {
                _told = _told.SetItem(destination.Name, (lines, now));
                var state = lines >= _signal.Count ? SignalState.Firing : SignalState.Clear;
                _report(new SignalReading(destination, _signal.Name, state, _signal.Then, Words(lines), ValidFor)
                {
                    Series = _signal.Then >= SignalEffect.Suspect ? RateOf(lines) : null,
                });
            }
        }
    }

    // Each second's share of the lines in the window.
    private SeriesValue RateOf(int lines) => new(_signal.Name, lines / _signal.Within.TotalSeconds, Kind: SeriesKind.Count);

    private string? NameIn(string text, string? ownName)
    {
        if (_signal.Destination is { } configured)
        {
            return configured;
        }

        var named = _namesDestination && _pattern.Match(text).Groups[Group] is { Success: true } group ? group.Value : ownName;
        return named is null ? null : DestinationNames.Find(named, Destinations)?.Name;
    }

    private void Count(string name, TimeSpan now)
    {
        if (!_counts.TryGetValue(name, out var count))
        {
            _counts.Add(name, count = new LineCount(_signal.Count, _signal.Within));
        }

        count.Add(now);
    }

    private string Words(int lines) => string.Create(
        CultureInfo.InvariantCulture,
        $"{lines}{(lines >= _signal.Count && lines > 1 ? " or more" : "")} matching {NounOf(lines)} "
        + $"in {_signal.Within.TotalSeconds:0.#} s");

    private static string NounOf(int lines) => lines == 1 ? "line" : "lines";
}
