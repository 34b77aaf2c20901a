namespace Gateway.Health.Forecast;

/// <summary>What one named series says. Knows no clock.</summary>
internal sealed class SeriesFactor
{
    // Quick rises, and slow ones whose saw has longer teeth.
    private readonly TrendWindow _quick = new(TimeSpan.FromSeconds(10), countsPeaks: true);
    private readonly TrendWindow _slow = new(TimeSpan.FromSeconds(60), countsPeaks: true);
    private readonly BurstDetector _burst = new();
    private SeriesValue _last;

    /// <summary>When it was given last.</summary>
    public TimeSpan SeenAt { get; private set; }

    /// <summary>Takes its number.</summary>
    public void Add(in SeriesValue value, TimeSpan now)
    {
        SeenAt = now;
        _last = value;
        if (value.Kind == SeriesKind.Count)
        {
            _burst.Add(value.Value, now);
        }
        else
        {
            var level = value.Falls ? -value.Value : value.Value;
            _quick.Add(level, now);
            _slow.Add(level, now);
        }
    }

    /// <summary>What it says.</summary>
    public Assessment Assess()
    {
        if (_last.Kind == SeriesKind.Count)
        {
            return _burst.IsBurst
                ? new Assessment(
                    Math.Min(0.8, 0.5 + (0.1 * Math.Log2(_burst.Rate / (_burst.Usual * 4)))),
                    $"{_last.Name}: {ForecastText.Number(_burst.Rate)} a second for {ForecastText.Span(_burst.Length)}"
                    + $", usually {ForecastText.Number(_burst.Usual)}")
                : default;
        }

        return _last.Limit is { } limit ? Likelier(Of(_quick, limit), Of(_slow, limit)) : default;
    }

    /// <summary>What it is now is usual from now on.</summary>
    public void Accept() => _burst.Accept();

    /// <summary>What rose has ended in a failure.</summary>
    public void ForgetPeaks()
    {
        _quick.ForgetPeaks();
        _slow.ForgetPeaks();
    }

    private static Assessment Likelier(in Assessment one, in Assessment other) => one.Probability >= other.Probability ? one : other;

    private Assessment Of(TrendWindow trend, double limit)
    {
        if (trend.Reaches(_last.Falls ? -limit : limit) is not { } left)
        {
            return default;
        }

        var (sign, verb) = _last.Falls ? (-1, "fallen") : (1, "risen");
        return new Assessment(
            Odds.OfTimeLeft(left, trend.Fit),
            $"{_last.Name} has {verb} from {ForecastText.Number(sign * trend.Before)} to {ForecastText.Number(sign * trend.Current)}"
            + $" in {ForecastText.Span(trend.Length)}, and reaches {ForecastText.Number(limit)} in about {ForecastText.Span(left)}");
    }
}
