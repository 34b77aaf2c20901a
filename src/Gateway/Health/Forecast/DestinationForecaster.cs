namespace Gateway.Health.Forecast;

/// <summary>
/// From the numbers of one destination, second by second, to a probability that it cannot serve within the horizon, with the reason in
/// words. Simple models beside each other, each on one number; no clock, no I/O; only the loop touches it.
/// </summary>
internal sealed class DestinationForecaster
{
    private const double FewestPhi = 2;
    private const int ProbeFailuresKept = 300;
    private const int MostSeries = 16;

    // The slow limit on lateness, as in the failover loop's own rule.
    private const double SlowLimit = 8;
    private const double LeastSlowLimit = 0.25;

    private readonly TimeFactor _probe = new("probe time");
    private readonly TimeFactor _connect = new("connect time");
    private readonly TimeFactor _firstByte = new("time to first byte");
    private readonly TrafficFactor _traffic = new();
    private readonly Dictionary<string, SeriesFactor> _series = new(StringComparer.Ordinal);
    private double _probeFailures;

    /// <summary>Its response times have left their usual level: what peers are compared by.</summary>
    public bool IsDrifting => _firstByte.IsDrifting || _probe.IsDrifting;

    /// <summary>Takes one second's numbers.</summary>
    public Assessment Observe(in DestinationSample sample, in ForecastLimits limits, TimeSpan now)
    {
        _probe.Add(sample.ProbeFailed ? null : sample.Probe, now);
        _connect.Add(sample.Connect, now);
        _firstByte.Add(sample.FirstByte, now);
        _traffic.Add(sample);
        _probeFailures = (_probeFailures * (1 - (1.0 / ProbeFailuresKept))) + (sample.ProbeFailed ? 1 : 0);
        foreach (var value in sample.Series)
        {
            if (_series.TryGetValue(value.Name, out var known) || Room(now))
            {
                (known ??= _series[value.Name] = new SeriesFactor()).Add(value, now);
            }
        }

        return Assess(sample, limits, now);
    }

    /// <summary>A forecast did not come true: what was seen is usual from now on.</summary>
    public void Accept(TimeSpan now)
    {
        _probe.Accept(now);
        _connect.Accept(now);
        _firstByte.Accept(now);
        foreach (var series in _series.Values)
        {
            series.Accept();
        }
    }

    /// <summary>A forecast came true: how high it rose before was not usual.</summary>
    public void ForgetPeaks()
    {
        _probe.ForgetPeaks();
        _connect.ForgetPeaks();
        _firstByte.ForgetPeaks();
        foreach (var series in _series.Values)
        {
            series.ForgetPeaks();
        }
    }

    private Assessment Assess(in DestinationSample sample, in ForecastLimits limits, TimeSpan now)
    {
        // Where there are more requests than usual, or where all of a cluster's destinations slow down, this one is not the reason.
        var own = (1 - (0.8 * Math.Clamp(sample.PeersDrifting, 0, 1))) / Math.Pow(1 + Math.Max(0, _traffic.Load - 1.3), 2);
        var slow = Math.Max(LeastSlowLimit, _firstByte.Usual * SlowLimit);
        var firstByte = TimeSpan.FromSeconds(Math.Min(limits.FirstByte.TotalSeconds, slow));

        // Times of one destination drift together: the likeliest of them counts, once.
        var ofProbes = Likelier(_probe.Assess(limits.Probe, now), _connect.Assess(limits.Connect, now));
        var times = Likelier(ofProbes, _firstByte.Assess(firstByte, now));
        var sum = new Sum();
        sum.Add(times, own);
        sum.Add(Likelier(_traffic.Failures(limits.FailureRatio), _traffic.Lates()), own);
        sum.Add(OfSilence(sample.Phi), 1);
        sum.Add(OfProbeFailures(), 1);
        foreach (var series in _series.Values)
        {
            if (now - series.SeenAt < TimeSpan.FromMinutes(1))
            {
                sum.Add(series.Assess(), 1);
            }
        }

        return sum.Result;
    }

    // Silence says little before it says all: it can only add to another reason.
    private static Assessment OfSilence(double phi) =>
        phi < FewestPhi || !double.IsFinite(phi)
            ? default
            : new Assessment(Math.Min(0.4, 0.05 * phi), $"probes are silent (suspicion {ForecastText.Number(phi)})");

    private Assessment OfProbeFailures() =>
        _probeFailures < 2
            ? default
            : new Assessment(
                Math.Min(0.7, 0.13 * _probeFailures),
                $"about {ForecastText.Number(Math.Round(_probeFailures))} probes have failed in 5 min");

    private bool Room(TimeSpan now)
    {
        if (_series.Count < MostSeries)
        {
            return true;
        }

        foreach (var (name, series) in _series)
        {
            if (now - series.SeenAt > TimeSpan.FromMinutes(1))
            {
                return _series.Remove(name);
            }
        }

        return false;
    }

    private static Assessment Likelier(in Assessment one, in Assessment other) => one.Probability >= other.Probability ? one : other;

    private ref struct Sum()
    {
        private double _probability = Odds.Base;
        private Assessment _first;
        private Assessment _second;

        public readonly Assessment Result => new(
            Math.Clamp(_probability, 0, Odds.Most),
            _second.Probability >= 0.1 ? $"{_first.Reason}; {_second.Reason}" : _first.Reason ?? "");

        public void Add(in Assessment factor, double weight)
        {
            var weighed = factor with { Probability = factor.Probability * weight };
            if (!(weighed.Probability > 0))
            {
                return;
            }

            _probability = Odds.Or(_probability, weighed.Probability);
            if (weighed.Probability > _first.Probability)
            {
                (_first, _second) = (weighed, _first);
            }
            else if (weighed.Probability > _second.Probability)
            {
                _second = weighed;
            }
        }
    }
}
