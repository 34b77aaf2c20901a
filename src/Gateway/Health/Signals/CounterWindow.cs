using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// How much counters have grown in a window, those of one comparison together; for a histogram by bucket. A counter that fell has begun
/// anew. Bounded in series and in readings. Not thread-safe; knows no clock.
/// </summary>
internal sealed class CounterWindow(SignalComparison comparison)
{
    private const int MostReadings = 128;
    private const int MostBuckets = 256;

    private readonly string _name = MetricsText.NameOf(comparison);
    private readonly Queue<CounterReading> _readings = new();
    private CounterReading? _latest;
    private Dictionary<string, double> _before = new(StringComparer.Ordinal);
    private Dictionary<string, double> _now = new(StringComparer.Ordinal);
    private TimeSpan? _first;
    private TimeSpan _last;

    /// <summary>Takes a reading.</summary>
    public void Add(IReadOnlyList<MetricSample> samples, TimeSpan now)
    {
        var grown = new Dictionary<double, double>();
        _now.Clear();
        foreach (var sample in samples)
        {
            if (!sample.IsOf(comparison.Series, _name) || !double.IsFinite(sample.Value) || BucketOf(sample) is not { } bucket)
            {
                continue;
            }

            var key = string.Join('\n', sample.Labels.Select(static label => $"{label.Key}={label.Value}"));
            _now[key] = sample.Value;
            if (_before.TryGetValue(key, out var before) && (grown.ContainsKey(bucket) || grown.Count < MostBuckets))
            {
                grown[bucket] = grown.GetValueOrDefault(bucket) + (sample.Value >= before ? sample.Value - before : sample.Value);
            }
        }

        if (_now.Count == 0)
        {
            // Not there any more: what comes next says nothing of the time between.
            Clear();
            return;
        }

        if (_before.Count > 0)
        {
            Add(grown, now);
        }
        else
        {
            _first = now;
        }

        (_before, _now) = (_now, _before);
        _last = now;
        while (_readings.Count > 0 && (_readings.Count > MostReadings || _readings.Peek().To <= now - comparison.Window))
        {
            _first = _readings.Dequeue().To;
        }
    }

    // Readings that follow each other fast are kept together until they last for their part of the window, so that all of it is kept.
    private void Add(Dictionary<double, double> grown, TimeSpan now)
    {
        if (_latest is { } latest && latest.To - latest.From < comparison.Window / (MostReadings - 1))
        {
            latest.Add(grown, now);
            return;
        }

        _readings.Enqueue(_latest = new CounterReading(_last, now, grown));
    }

    /// <summary>Nothing was read: what comes next says nothing of the time between.</summary>
    public void Clear()
    {
        _before.Clear();
        _readings.Clear();
        _latest = null;
        _first = null;
    }

    /// <summary>The increase a second, or the quantile; null: there are no two readings yet, or nothing was observed.</summary>
    public double? Value()
    {
        if (_first is not { } first || _readings.Count == 0 || _last <= first)
        {
            return null;
        }

        var grown = new SortedDictionary<double, double>();
        foreach (var reading in _readings)
        {
            foreach (var (bucket, count) in reading.Grown)
            {
                grown[bucket] = grown.GetValueOrDefault(bucket) + count;
            }
        }

        // Counters near the largest number overflow, and infinities cancel each other out: what is not a number says nothing.
        var value = comparison.Function == SignalFunction.Quantile
            ? HistogramQuantile.Of(comparison.Quantile, [.. grown])
            : grown.Values.Sum() / (_last - first).TotalSeconds;
        return value is null or double.NaN ? null : value;
    }

    private double? BucketOf(MetricSample sample)
    {
        if (comparison.Function != SignalFunction.Quantile)
        {
            return 0;
        }

        return sample.Label("le") is not { } limit ? null
            : limit is "+Inf" or "Inf" ? double.PositiveInfinity
            : double.TryParse(limit, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number > double.NegativeInfinity ? number
            : null;
    }
}
