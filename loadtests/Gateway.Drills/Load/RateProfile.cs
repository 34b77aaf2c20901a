namespace Gateway.Drills.Load;

/// <summary>How many requests are due when: stretches of a constant or evenly changing rate, one after the other.</summary>
internal sealed class RateProfile
{
    private readonly List<Stretch> _stretches = [];

    /// <summary>How long the profile lasts.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>How many requests are due in all of it.</summary>
    public int Count { get; private set; }

    /// <summary>One rate all the time, in requests a second.</summary>
    public static RateProfile Constant(double rate, TimeSpan duration) => new RateProfile().Then(rate, rate, duration);

    /// <summary>From one rate evenly to another.</summary>
    public static RateProfile Ramp(double from, double to, TimeSpan duration) => new RateProfile().Then(from, to, duration);

    /// <summary>Rates one after the other, each for the same time.</summary>
    public static RateProfile Steps(TimeSpan each, params ReadOnlySpan<double> rates)
    {
        var profile = new RateProfile();
        foreach (var rate in rates)
        {
            profile.Then(rate, rate, each);
        }

        return profile;
    }

    /// <summary>Appends a stretch.</summary>
    public RateProfile Then(double from, double to, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegative(to);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var count = (int)Math.Floor(((from + to) / 2 * duration.TotalSeconds) + 1e-9);
        _stretches.Add(new(Duration.TotalSeconds, duration.TotalSeconds, from, to, Count));
        Duration += duration;
        Count += count;
        return this;
    }

    /// <summary>When request <paramref name="number"/> (from 0) is due, after the begin.</summary>
    public TimeSpan Due(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
        var stretch = _stretches[0];
        foreach (var next in _stretches)
        {
            if (next.First > number)
            {
                break;
            }

            stretch = next;
        }

        return TimeSpan.FromSeconds(stretch.Begin + stretch.TimeOf(number - stretch.First));
    }

    private readonly record struct Stretch(double Begin, double Seconds, double From, double To, int First)
    {
        // The area under the rate from 0 to t is the number of requests due by t: solved for t.
        public double TimeOf(int number)
        {
            var slope = (To - From) / Seconds;
            return Math.Abs(slope) < 1e-9
                ? number / From
                : (-From + Math.Sqrt((From * From) + (2 * slope * number))) / slope;
        }
    }
}
