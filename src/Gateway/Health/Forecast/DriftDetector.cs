namespace Gateway.Health.Forecast;

/// <summary>
/// Whether a time has left its usual level (E. S. Page, "Continuous inspection schemes", 1954, with a level that is learned, as Hinkley
/// added): what lies above it is summed up, what lies below it takes away. By the logarithm, since times vary by factors. One outlier
/// adds little, however large. Knows no clock.
/// </summary>
internal sealed class DriftDetector
{
    private const int Learning = 60;
    private const double Slack = 1;
    private const double MostDeviations = 4;
    private const double Threshold = 20;
    private const double MostSum = 50;
    private const double LeastDeviation = 0.15;

    // A level that has held for so long is the usual one.
    private static readonly TimeSpan NewNormalAfter = TimeSpan.FromMinutes(15);

    private double _mean;
    private double _deviation = LeastDeviation;
    private double _current;
    private double _sum;
    private int _count;
    private TimeSpan _began;

    /// <summary>It has left its level.</summary>
    public bool IsDrifting => _sum > Threshold;

    /// <summary>The usual value, in seconds; 0 until it is learned.</summary>
    public double Usual => _count < Learning ? 0 : Math.Exp(_mean);

    /// <summary>The value now, in seconds.</summary>
    public double Current => Math.Exp(_current);

    /// <summary>How long ago it began to leave it.</summary>
    public TimeSpan Since(TimeSpan now) => now - _began;

    /// <summary>Takes one time, in seconds.</summary>
    public void Add(double seconds, TimeSpan now)
    {
        var value = Math.Log(Math.Clamp(seconds, 1e-5, 1e5));
        _current = _count == 0 ? value : _current + ((value - _current) * 0.2);
        if (_count < Learning)
        {
            _count++;
            _mean += (value - _mean) / _count;
            _deviation += (Math.Max(LeastDeviation, Math.Abs(value - _mean)) - _deviation) / _count;
            _began = now;
            return;
        }

        var deviations = (value - _mean) / _deviation;
        _sum = Math.Clamp(_sum + Math.Clamp(deviations, -MostDeviations, MostDeviations) - Slack, 0, MostSum);
        if (_sum == 0)
        {
            _began = now;
        }

        if (!IsDrifting)
        {
            _mean += (value - _mean) * 0.002;
            var deviation = Math.Min(Math.Abs(value - _mean), _deviation * MostDeviations);
            _deviation = Math.Max(LeastDeviation, _deviation + ((deviation - _deviation) * 0.005));
        }
        else if (Since(now) > NewNormalAfter)
        {
            Accept(now);
        }
    }

    /// <summary>The value now is the usual one from now on.</summary>
    public void Accept(TimeSpan now)
    {
        if (_count >= Learning)
        {
            _mean = _current;
        }

        _sum = 0;
        _began = now;
    }
}
