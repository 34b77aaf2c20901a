namespace Gateway.Health.Forecast;

/// <summary>
/// When a level that rises steadily reaches its limit. The least value of each slot counts, so that the teeth of a saw and single outliers
/// are no trend; a rise that slackens is none either, nor is one below what was usual in the last day. Knows no clock.
/// </summary>
/// <param name="slot">The time of which the least value counts.</param>
/// <param name="countsPeaks">The limit is reached when the highest values reach it: the teeth of a saw. False: a time, of which the highest
/// values are outliers.</param>
internal sealed class TrendWindow(TimeSpan slot, bool countsPeaks)
{
    private const int Slots = 18;
    private const int Recent = 12;
    private const int Peaks = 96;
    private const int FewestBefore = 6;
    private const double LeastFit = 0.7;

    // Times grow by factors as often as by steps: how much the former counts.
    private const double Curved = 0.42;

    private static readonly TimeSpan PeakSlot = TimeSpan.FromMinutes(15);

    private readonly double[] _values = new double[Slots];
    private readonly double[] _highest = new double[Slots];
    private readonly float[] _peaks = [.. Enumerable.Repeat(float.NaN, Peaks)];
    private long _slot = -1;
    private double _least = double.MaxValue;
    private double _most = double.MinValue;
    private double _spread;
    private int _count;
    private int _left;
    private long _peakSlot;

    /// <summary>The rise of a second; 0: there is no steady one.</summary>
    public double Slope { get; private set; }

    /// <summary>How well a line describes it, 0 to 1.</summary>
    public double Fit { get; private set; }

    /// <summary>The level now.</summary>
    public double Current => _count > 0 ? ValueAt(0) : 0;

    /// <summary>The level when the line began.</summary>
    public double Before => _count >= Recent ? ValueAt(Recent - 1) : Current;

    /// <summary>How long the line is.</summary>
    public TimeSpan Length => slot * Recent;

    /// <summary>Takes a value.</summary>
    public void Add(double value, TimeSpan now)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        var number = now.Ticks / slot.Ticks;
        if (number != _slot)
        {
            if (_slot >= 0 && _least < double.MaxValue)
            {
                Close(now);
            }

            if (number > _slot + 3)
            {
                Forget();
            }

            _slot = number;
            _least = double.MaxValue;
            _most = double.MinValue;
        }

        _least = Math.Min(_least, value);
        _most = Math.Max(_most, value);
    }

    /// <summary>Time until the limit is reached; null: it is not, or nothing can be said.</summary>
    public TimeSpan? Reaches(double limit)
    {
        if (Slope <= 0 || !double.IsFinite(limit))
        {
            return null;
        }

        // Near the limit it does not matter that it was as high before.
        var near = limit > 0 ? limit * 0.8 : double.MaxValue;
        if (UsualPeak() is not { } usual || Current <= Math.Min(usual + (0.05 * Math.Abs(limit - usual)), near))
        {
            return null;
        }

        var straight = Math.Max(0, limit - _spread - Current) / Slope;
        var time = countsPeaks ? straight : (straight * (1 - Curved)) + (Multiplying(limit, straight) * Curved);
        return TimeSpan.FromSeconds(Math.Clamp(time, 0, 1e6));
    }

    /// <summary>What rose has ended in a failure: it was not usual.</summary>
    public void ForgetPeaks()
    {
        Array.Fill(_peaks, float.NaN);
        _left = 0;
        Forget();
    }

    private double Multiplying(double limit, double straight) =>
        Before <= 0 || Current <= Before
            ? straight
            : Math.Log(Math.Max(1, limit / Current)) / Math.Log(Current / Before) * (Recent - 1) * slot.TotalSeconds;

    private double? UsualPeak()
    {
        if (_left < FewestBefore)
        {
            return null;
        }

        var most = double.MinValue;
        for (var age = 0; age < Math.Min(Peaks, _peakSlot + 1); age++)
        {
            var peak = _peaks[(_peakSlot - age) % Peaks];
            most = peak > most ? peak : most;
        }

        return most > double.MinValue ? most : null;
    }

    private void Close(TimeSpan now)
    {
        if (_count >= Slots)
        {
            Remember(ValueAt(Slots - 1), now);
        }

        _values[_count % Slots] = _least;
        _highest[_count % Slots] = _most;
        _count++;
        Measure();
    }

    // Kept by the quarter of an hour, for a day.
    private void Remember(double value, TimeSpan now)
    {
        _left++;
        var number = now.Ticks / PeakSlot.Ticks;
        for (var gone = Math.Max(_peakSlot + 1, number - Peaks + 1); gone <= number; gone++)
        {
            _peaks[gone % Peaks] = float.NaN;
        }

        _peakSlot = Math.Max(_peakSlot, number);
        var place = _peakSlot % Peaks;
        _peaks[place] = float.IsNaN(_peaks[place]) ? (float)value : Math.Max(_peaks[place], (float)value);
    }

    private void Measure()
    {
        Slope = 0;
        Fit = 0;
        if (_count < Recent)
        {
            return;
        }

        var (slope, fit) = Line(Recent, 0);
        var (earlier, _) = Line(Recent / 2, Recent / 2);
        var (later, _) = Line(Recent / 2, 0);
        if (slope > 0 && fit >= LeastFit && later >= earlier * 0.5 && later > 0)
        {
            Slope = slope;
            Fit = fit;
            _spread = countsPeaks ? SpreadAbove(slope) : 0;
        }
    }

    private (double Slope, double Fit) Line(int length, int offset)
    {
        double sumX = 0, sumY = 0, sumXx = 0, sumXy = 0, sumYy = 0;
        for (var index = 0; index < length; index++)
        {
            double x = length - 1 - index;
            var y = ValueAt(offset + index);
            sumX += x;
            sumY += y;
            sumXx += x * x;
            sumXy += x * y;
            sumYy += y * y;
        }

        var xx = sumXx - (sumX * sumX / length);
        var xy = sumXy - (sumX * sumY / length);
        var yy = sumYy - (sumY * sumY / length);
        return (xy / xx / slot.TotalSeconds, yy <= 0 ? 0 : xy * xy / (xx * yy));
    }

    // How far the highest values lie above the line that ends at the value now.
    private double SpreadAbove(double slope)
    {
        var most = 0.0;
        for (var age = 0; age < Recent; age++)
        {
            most = Math.Max(most, _highest[(_count - 1 - age) % Slots] - (Current - (slope * slot.TotalSeconds * age)));
        }

        return most;
    }

    private double ValueAt(int age) => _values[(_count - 1 - age) % Slots];

    private void Forget()
    {
        _count = 0;
        Slope = 0;
        Fit = 0;
    }
}
