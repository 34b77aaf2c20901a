namespace Gateway.Health.Forecast;

/// <summary>Whether events come far more often than usual, and have for a while. Knows no clock.</summary>
internal sealed class BurstDetector
{
    private const double LeastRate = 0.02;

    /// <summary>A burst that ends before this is one of those that a restart makes.</summary>
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(45);

    private double _usual = LeastRate;
    private double _rate;
    private TimeSpan? _at;
    private TimeSpan _since;

    /// <summary>Events of a second, usually.</summary>
    public double Usual => _usual;

    /// <summary>Events of a second, now.</summary>
    public double Rate => _rate;

    /// <summary>How long it has lasted; zero: there is no burst.</summary>
    public TimeSpan Length { get; private set; }

    /// <summary>It lasts.</summary>
    public bool IsBurst => Length >= Lasts;

    /// <summary>Takes the events since the last call.</summary>
    public void Add(double events, TimeSpan now)
    {
        var seconds = Math.Max(0.001, (now - (_at ?? (now - TimeSpan.FromSeconds(1)))).TotalSeconds);
        _at = now;
        var rate = double.IsFinite(events) ? Math.Max(0, events) / seconds : 0;
        _rate += (rate - _rate) * (1 - Math.Exp(-seconds / 15));
        if (_rate >= Math.Max(_usual * 4, _usual + 0.3))
        {
            _since = Length == TimeSpan.Zero ? now - TimeSpan.FromTicks(1) : _since;
            Length = now - _since;
            return;
        }

        Length = TimeSpan.Zero;
        _usual = Math.Max(LeastRate, _usual + ((rate - _usual) * (1 - Math.Exp(-seconds / 1800))));
    }

    /// <summary>The rate now is the usual one from now on.</summary>
    public void Accept()
    {
        _usual = Math.Max(LeastRate, _rate);
        Length = TimeSpan.Zero;
    }
}
