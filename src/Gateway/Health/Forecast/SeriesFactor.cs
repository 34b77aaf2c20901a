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
                    $"{_last.Name}: {ForecastText.Number(_burst.Rate)} per second for {ForecastText.Span(_burst.Length)}"
                    + $", usually {ForecastText.Number(_burst.Usual)}")
                : default;
        }

        return _last.Limit is { } limit ? Of(_last.Falls ? -limit : limit) : default;
    }

    /// <summary>What it is now is usual from now on.</summary>
    public void Accept() => _burst.Accept();

    /// <summary>What rose has ended in a failure.</summary>
    public void ForgetPeaks()
    {
        _quick.ForgetPeaks();
        _slow.ForgetPeaks();
    }

    private Assessment Of(double limit)
    {
        var (quick, slow) = (_quick.Reaches(limit), _slow.Reaches(limit));
        if ((quick ?? slow) is not { } left)
        {
            return default;
        }

        // A tooth of a saw makes the quick line too steep, and a rise that has just begun the slow one too flat: both count.
        var trend = quick is null ? _slow : _quick;
        if (quick is { } sooner && slow is { } later)
        {
            left = TimeSpan.FromSeconds(Math.Sqrt(sooner.TotalSeconds * later.TotalSeconds));
            trend = sooner <= later ? _quick : _slow;
        }

        var (sign, verb) = _last.Falls ? (-1, "fallen") : (1, "risen");
        return new Assessment(
            Odds.OfTimeLeft(left, trend.Fit),
            $"{_last.Name} has {verb} from {ForecastText.Number(sign * trend.Before)} to {ForecastText.Number(sign * trend.Current)}"
            + $" in {ForecastText.Span(trend.Length)}, and reaches {ForecastText.Number(sign * limit)} in about {ForecastText.Span(left)}");
    }
}
