namespace Gateway.Health.Rules;

/// <summary>
/// Suspicion as a number (Hayashibara et al., "The φ accrual failure detector", 2004): from the intervals of past heartbeats, how unlikely
/// is the present silence? φ = 1: wrong one time in ten; φ = 8: one in a hundred million. Here a heartbeat is a good probe. Pure sums, no
/// clock.
/// </summary>
internal sealed class PhiAccrual
{
    /// <summary>From here on a destination is suspect.</summary>
    public const double Threshold = 8;

    // What PhiOf makes into the threshold, rounded down.
    private const double ThresholdInDeviations = 5.2;

    private const int Samples = 64;

    // Jitter of probes and of a busy machine: without a floor, very even heartbeats would make the slightest delay a scandal.
    private static readonly TimeSpan MinimumDeviation = TimeSpan.FromMilliseconds(100);

    private readonly double[] _intervals = new double[Samples];
    private int _count;
    private TimeSpan? _last;

    /// <summary>A heartbeat arrived.</summary>
    public void Beat(TimeSpan now)
    {
        if (_last is { } last)
        {
            _intervals[_count++ % Samples] = Math.Max(0, (now - last).TotalSeconds);
        }

        _last = now;
    }

    /// <summary>The suspicion at <paramref name="now"/>; 0 while fewer than three intervals are known.</summary>
    public double Phi(TimeSpan now)
    {
        if (_last is not { } last || _count < 3)
        {
            return 0;
        }

        var (mean, deviation) = Usual();
        return PhiOf(((now - last).TotalSeconds - mean) / deviation);
    }

    /// <summary>Silence until then is no suspicion; the maximum while fewer than three intervals are known.</summary>
    public TimeSpan SuspectFrom
    {
        get
        {
            if (_last is not { } last || _count < 3)
            {
                return TimeSpan.MaxValue;
            }

            var (mean, deviation) = Usual();
            return last + TimeSpan.FromSeconds(mean + (ThresholdInDeviations * deviation));
        }
    }

    /// <summary>Forgets everything: silence while a destination is down says nothing about the next silence.</summary>
    public void Clear()
    {
        _count = 0;
        _last = null;
    }

    private (double Mean, double Deviation) Usual()
    {
        var known = Math.Min(_count, Samples);
        double sum = 0;
        double squares = 0;
        for (var index = 0; index < known; index++)
        {
            sum += _intervals[index];
            squares += _intervals[index] * _intervals[index];
        }

        var mean = sum / known;
        return (mean, Math.Max(
            Math.Sqrt(Math.Max(0, (squares / known) - (mean * mean))),
            Math.Max(MinimumDeviation.TotalSeconds, mean / 10)));
    }

    // The tail of the normal distribution by the logistic approximation of Bowling et al. (2009), good to 1e-4 near the middle and finite
    // far out.
    private static double PhiOf(double y)
    {
        if (y > 12)
        {
            return 100;
        }

        var e = Math.Exp(-y * (1.5976 + (0.070566 * y * y)));
        return y > 0 ? -Math.Log10(e / (1 + e)) : -Math.Log10(1 - (1 / (1 + e)));
    }
}
