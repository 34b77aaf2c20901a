namespace Gateway.Health.Forecast;

/// <summary>
/// Keeps the last seconds that forecasts were made of, within bounds, for <c>./gateway backtest</c>. Any thread may read.
/// </summary>
internal sealed class ForecastRecorder
{
    /// <summary>Two hours of one destination, twelve minutes of ten.</summary>
    public const int Most = 7200;

    private readonly Lock _gate = new();
    private readonly Queue<RecordedSecond> _seconds = new();

    /// <summary>Keeps one more, in place of the oldest where there are too many.</summary>
    public void Add(RecordedSecond second)
    {
        lock (_gate)
        {
            if (_seconds.Count >= Most)
            {
                _seconds.Dequeue();
            }

            _seconds.Enqueue(second);
        }
    }

    /// <summary>All that are kept, the oldest first.</summary>
    public IReadOnlyList<RecordedSecond> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _seconds];
            }
        }
    }
}
