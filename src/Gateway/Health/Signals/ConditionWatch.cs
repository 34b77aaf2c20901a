using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Forecast;

namespace Gateway.Health.Signals;

/// <summary>
/// One condition over the metrics of one destination: whether it holds, and has held for long enough. It ends when it has not held for as
/// long. A reading without the metric says nothing. Knows no clock; one reader touches it.
/// </summary>
/// <param name="condition">The condition.</param>
/// <param name="validFor">So long what was known counts without another reading.</param>
internal sealed class ConditionWatch(SignalCondition condition, TimeSpan validFor)
{
    private readonly ImmutableArray<CounterWindow?> _windows =
        [.. condition.All.Select(static one => one.Function == SignalFunction.Value ? null : new CounterWindow(one))];

    private TimeSpan? _holdsSince;
    private TimeSpan? _failsSince;
    private TimeSpan _last;

    /// <summary>Whether it fires.</summary>
    public SignalState State { get; private set; }

    /// <summary>What it rests on, for people.</summary>
    public string Value { get; private set; } = "no data";

    /// <summary>The number of its only comparison, with the limit; null: there is none, or none that is a limit.</summary>
    public SeriesValue? Level { get; private set; }

    /// <summary>
    /// Takes a reading. False: it says nothing of the condition, and what was known stays for as long as that is valid.
    /// </summary>
    public bool Take(ImmutableArray<MetricSample> samples, TimeSpan now)
    {
        bool? holds = true;
        var level = double.NaN;
        var words = new List<string>(condition.All.Length);
        for (var i = 0; i < condition.All.Length; i++)
        {
            var comparison = condition.All[i];
            _windows[i]?.Add(samples, now);
            var value = _windows[i] is { } window ? window.Value() : ValueOf(comparison, samples);
            if (value is { } known)
            {
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{NameOf(comparison)} {known:G4}"));
                holds = comparison.Holds(known) ? holds : false;
                level = known;
            }
            else if (holds is true)
            {
                holds = null;
            }
        }

        if (holds is not { } held)
        {
            _holdsSince = null;
            return false;
        }

        if (now - _last >= validFor)
        {
            // What fired then is not to be blamed on the destination of now.
            Forget();
        }

        _last = now;
        Value = string.Join(", ", words);
        Level = condition.All.Length == 1 ? LevelOf(condition.All[0], level) : null;
        Become(held, now);
        return true;
    }

    /// <summary>Nothing could be read.</summary>
    public void Miss()
    {
        _holdsSince = null;
        foreach (var window in _windows)
        {
            window?.Clear();
        }
    }

    private static SeriesValue? LevelOf(SignalComparison comparison, double value) => comparison.Operator switch
    {
        _ when !double.IsFinite(value) => null,
        SignalOperator.Above or SignalOperator.AtLeast => new SeriesValue(NameOf(comparison), value, comparison.Limit),
        SignalOperator.Below or SignalOperator.AtMost => new SeriesValue(NameOf(comparison), value, comparison.Limit) { Falls = true },
        _ => null,
    };

    // What was known is too old.
    private void Forget()
    {
        State = SignalState.Unknown;
        Value = "no data";
        Level = null;
        _failsSince = null;
    }

    private void Become(bool holds, TimeSpan now)
    {
        if (holds)
        {
            _failsSince = null;
            _holdsSince ??= now;
            State = State == SignalState.Firing || now - _holdsSince >= condition.For ? SignalState.Firing : SignalState.Clear;
            return;
        }

        _holdsSince = null;
        _failsSince ??= now;
        State = State == SignalState.Firing && now - _failsSince < condition.For ? SignalState.Firing : SignalState.Clear;
    }

    // Any of the series that fits is enough; else the last one is shown.
    private static double? ValueOf(SignalComparison comparison, ImmutableArray<MetricSample> samples)
    {
        double? value = null;
        foreach (var sample in samples)
        {
            if (!double.IsNaN(sample.Value) && sample.IsOf(comparison.Series, comparison.Series.Name))
            {
                value = sample.Value;
                if (comparison.Holds(sample.Value))
                {
                    break;
                }
            }
        }

        return value;
    }

    private static string NameOf(SignalComparison comparison) => comparison.Function switch
    {
        SignalFunction.Rate => $"rate of {comparison.Series.Name}",
        SignalFunction.Quantile => string.Create(
            CultureInfo.InvariantCulture, $"quantile {comparison.Quantile} of {comparison.Series.Name}"),
        _ => comparison.Series.Name,
    };
}
