using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Values;

/// <summary>
/// Conditions over metrics as people write them: <c>process_cpu_usage &gt; 0.9 for 15s</c>, <c>rate(errors[1m]) &gt; 5</c>,
/// <c>quantile(0.99, latency_seconds[1m]) &gt; 0.5 and queue_depth &gt; 100</c>. Pure.
/// </summary>
internal sealed class SignalConditionText
{
    /// <summary>What to write, without a full stop.</summary>
    public const string Rule =
        "Write a condition like \"process_cpu_usage > 0.9 for 15s\", \"rate(errors[1m]) > 5\" "
        + "or \"quantile(0.99, latency_seconds[1m]) > 0.5\"";

    /// <summary>The longest condition.</summary>
    public const int Longest = 512;

    private const int MostComparisons = 8;
    private const int MostLabels = 8;
    private static readonly TimeSpan LeastWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostWindow = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MostFor = TimeSpan.FromHours(1);

    private readonly string _text;
    private readonly ConditionCursor _cursor;
    private string? _problem;

    private SignalConditionText(string text)
    {
        _text = text;
        _cursor = new ConditionCursor(text);
    }

    /// <summary>The condition; null with the problem's place and what to write there.</summary>
    public static SignalCondition? Parse(string text, out string? problem)
    {
        var reader = new SignalConditionText(text);
        var condition = text.Length > Longest ? reader.Bad<SignalCondition>($"Write at most {Longest} characters") : reader.Condition();
        problem = reader._problem;
        return condition;
    }

    private SignalCondition? Condition()
    {
        var all = ImmutableArray.CreateBuilder<SignalComparison>();
        do
        {
            if (all.Count == MostComparisons)
            {
                return Bad<SignalCondition>($"write at most {MostComparisons} comparisons");
            }

            if (Comparison() is not { } comparison)
            {
                return null;
            }

            all.Add(comparison);
        }
        while (_cursor.TakeWord("and"));

        var holdsFor = TimeSpan.Zero;
        if (_cursor.TakeWord("for"))
        {
            if (Duration("a duration after \"for\", like 15s", TimeSpan.Zero, MostFor) is not { } duration)
            {
                return null;
            }

            holdsFor = duration;
        }

        return _cursor.Start() < _text.Length
            ? Bad<SignalCondition>("\"and\", \"for\" or the end was expected: write one like \"a > 1 and b < 2 for 15s\"")
            : new SignalCondition(_text, all.ToImmutable(), holdsFor);
    }

    private SignalComparison? Comparison()
    {
        var start = _cursor.Start();
        if (_cursor.Name() is not { } name)
        {
            return Bad<SignalComparison>("the name of a metric, rate(...) or quantile(...) was expected, like process_cpu_usage");
        }

        var (function, window, quantile) = (SignalFunction.Value, TimeSpan.Zero, 0.0);
        SeriesSelector? series;
        if (_cursor.Take('('))
        {
            if (name is not ("rate" or "quantile"))
            {
                return Bad<SignalComparison>(
                    $"there is no function \"{Shown(name)}\": write rate(metric[1m]) or quantile(0.99, metric[1m])", start);
            }

            function = name is "rate" ? SignalFunction.Rate : SignalFunction.Quantile;
            if (function == SignalFunction.Quantile && !Quantile(out quantile))
            {
                return null;
            }

            var named = _cursor.Name();
            series = named is null ? Bad<SeriesSelector>("the name of a metric was expected, like errors_total") : Selector(named);
            if (series is null || !Window(out window))
            {
                return null;
            }

            if (!_cursor.Take(')'))
            {
                return Bad<SignalComparison>("\")\" was expected");
            }
        }
        else
        {
            series = Selector(name);
        }

        return series is not null && Operator() is { } how && Number("a number was expected, like 0.9") is { } limit
            ? new SignalComparison(function, series, window, quantile, how, limit)
            : null;
    }

    private bool Quantile(out double quantile)
    {
        var start = _cursor.Start();
        quantile = Number("which quantile was expected first, like 0.99") ?? -1;
        if (_problem is null && quantile is < 0 or > 1)
        {
            return Bad<string>("a quantile is a number from 0 to 1, like 0.99", start) is not null;
        }

        return _problem is null
            && (_cursor.Take(',') || Bad<string>("\",\" was expected, like quantile(0.99, latency_seconds[1m])") is not null);
    }

    private bool Window(out TimeSpan window)
    {
        window = default;
        if (!_cursor.Take('['))
        {
            return Bad<string>("a time in brackets was expected, like [1m]") is not null;
        }

        if (Duration("a duration, like 1m", LeastWindow, MostWindow) is not { } duration)
        {
            return false;
        }

        window = duration;
        return _cursor.Take(']') || Bad<string>("\"]\" was expected") is not null;
    }

    private SeriesSelector? Selector(string name)
    {
        var labels = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        if (_cursor.Take('{'))
        {
            while (!_cursor.Take('}'))
            {
                if (labels.Count == MostLabels)
                {
                    return Bad<SeriesSelector>($"write at most {MostLabels} labels");
                }

                if ((labels.Count > 0 && !_cursor.Take(',')) || _cursor.Name() is not { } label || !_cursor.Take('=')
                    || _cursor.Quoted() is not { } value)
                {
                    return Bad<SeriesSelector>("labels like {code=\"500\", method=\"GET\"} were expected");
                }

                labels.Add(KeyValuePair.Create(label, value));
            }
        }

        return new SeriesSelector(name.StartsWith("$.", StringComparison.Ordinal) ? name[2..] : name, labels.ToImmutable());
    }

    private SignalOperator? Operator()
    {
        var rest = _text.AsSpan(_cursor.Start());
        (SignalOperator? found, var length) = rest switch
        {
            ['>', '=', ..] => (SignalOperator.AtLeast, 2),
            ['<', '=', ..] => (SignalOperator.AtMost, 2),
            ['=', '=', ..] => (SignalOperator.Equal, 2),
            ['!', '=', ..] => (SignalOperator.NotEqual, 2),
            ['>', ..] => (SignalOperator.Above, 1),
            ['<', ..] => (SignalOperator.Below, 1),
            _ => ((SignalOperator?)null, 0),
        };
        _cursor.At += length;
        if (found is null)
        {
            Bad<string>("one of > >= < <= == != was expected");
        }

        return found;
    }

    private double? Number(string expected)
    {
        var start = _cursor.Start();
        var digits = _cursor.While(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '+' or '_');
        if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            return number;
        }

        Bad<string>(expected, start);
        return null;
    }

    private TimeSpan? Duration(string expected, TimeSpan least, TimeSpan most)
    {
        var start = _cursor.Start();
        if (DurationText.Parse(_cursor.While(char.IsAsciiLetterOrDigit), out _) is { } duration && duration >= least && duration <= most)
        {
            return duration;
        }

        Bad<string>($"{expected} was expected, from {DurationText.Format(least)} to {DurationText.Format(most)}", start);
        return null;
    }

    private T? Bad<T>(string expected, int? at = null) where T : class
    {
        _problem ??= string.Create(CultureInfo.InvariantCulture, $"At position {Math.Min(at ?? _cursor.At, _text.Length) + 1}: {expected}");
        return null;
    }

    private static string Shown(string name) => name.Length > 32 ? name[..32] : name;
}
