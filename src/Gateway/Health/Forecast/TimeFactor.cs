namespace Gateway.Health.Forecast;

/// <summary>What the drift of one kind of time says. Knows no clock.</summary>
/// <param name="name">As people know it: "probe time".</param>
internal sealed class TimeFactor(string name)
{
    private readonly DriftDetector _drift = new();
    private readonly TrendWindow _trend = new(TimeSpan.FromSeconds(10), countsPeaks: false);

    /// <summary>It has left its usual level.</summary>
    public bool IsDrifting => _drift.IsDrifting;

    /// <summary>The usual value in seconds; 0: not known yet.</summary>
    public double Usual => _drift.Usual;

    /// <summary>Takes a time; null: there was none.</summary>
    public void Add(TimeSpan? time, TimeSpan now)
    {
        if (time is { } known && known >= TimeSpan.Zero)
        {
            _drift.Add(known.TotalSeconds, now);
            _trend.Add(known.TotalSeconds, now);
        }
    }

    /// <summary>What it says.</summary>
    /// <param name="limit">A time that is longer makes the destination unable to serve.</param>
    /// <param name="now">The clock.</param>
    public Assessment Assess(TimeSpan limit, TimeSpan now)
    {
        if (!_drift.IsDrifting || _drift.Usual <= 0)
        {
            return default;
        }

        var words = $"{name} has drifted from {ForecastText.Time(_drift.Usual)} to {ForecastText.Time(_drift.Current)}"
            + $" in {ForecastText.Span(_drift.Since(now))}";
        if (_trend.Reaches(limit.TotalSeconds) is { } left)
        {
            return new Assessment(
                Odds.OfTimeLeft(left, _trend.Fit),
                $"{words}, and reaches its limit of {ForecastText.Time(limit.TotalSeconds)} in about {ForecastText.Span(left)}");
        }

        // A step, however high, holds as a rule.
        var way = Math.Log(_drift.Current / _drift.Usual) / Math.Log(Math.Max(1.5, limit.TotalSeconds / _drift.Usual));
        return new Assessment(0.3 * Math.Clamp(way, 0, 1), words);
    }

    /// <summary>What it is now is usual from now on.</summary>
    public void Accept(TimeSpan now) => _drift.Accept(now);

    /// <summary>What rose has ended in a failure.</summary>
    public void ForgetPeaks() => _trend.ForgetPeaks();
}
