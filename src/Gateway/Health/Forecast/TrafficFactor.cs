namespace Gateway.Health.Forecast;

/// <summary>
/// What requests say: the share that fails or is answered by a hedge, against what is usual, and whether there is far more of them than
/// usual. Knows no clock.
/// </summary>
internal sealed class TrafficFactor
{
    private const double FewRequests = 20;

    private static readonly TimeSpan Fast = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Slow = TimeSpan.FromMinutes(10);

    private double _requests;
    private double _failures;
    private double _lates;
    private double _usualRequests;
    private double _usualFailures;
    private double _usualLates;
    private double _rate;
    private double _usualRate;
    private bool _isKnown;

    /// <summary>How many times as many requests as usual there are; 1: as usual, or fewer.</summary>
    public double Load => _usualRate <= 0 ? 1 : Math.Max(1, _rate / Math.Max(_usualRate, 0.5));

    /// <summary>Takes what ended in one second.</summary>
    public void Add(in DestinationSample sample)
    {
        var (fast, slow) = (KeepOf(Fast), KeepOf(Slow));
        var requests = Math.Max(0, sample.Requests);
        var failures = Math.Clamp(sample.Failures, 0, requests);
        var lates = Math.Max(0, sample.Lates);
        _requests = (_requests * fast) + requests;
        _failures = (_failures * fast) + failures;
        _lates = (_lates * fast) + lates;
        _usualRequests = (_usualRequests * slow) + requests;
        _usualFailures = (_usualFailures * slow) + failures;
        _usualLates = (_usualLates * slow) + lates;
        _rate = _isKnown ? _rate + ((requests - _rate) * (1 - fast)) : requests;
        _usualRate = _isKnown ? _usualRate + ((requests - _usualRate) * (1 - slow)) : requests;
        _isKnown = true;
    }

    /// <summary>What failures say.</summary>
    /// <param name="limit">The share that ejects.</param>
    public Assessment Failures(double limit) => Assess("failures", _failures, _requests, _usualFailures, _usualRequests, limit);

    /// <summary>What hedges say that another destination won.</summary>
    public Assessment Lates() =>
        Assess("requests that a hedge answered elsewhere", _lates, _requests + _lates, _usualLates, _usualRequests + _usualLates, 0.9);

    private static double KeepOf(TimeSpan memory) => Math.Exp(-1 / memory.TotalSeconds);

    // The share now against the usual one, in standard errors.
    private static Assessment Assess(string what, double bad, double all, double usualBad, double usualAll, double limit)
    {
        if (all < FewRequests)
        {
            return default;
        }

        var share = bad / all;
        var usual = (usualBad - bad + 0.5) / Math.Max(1, usualAll - all + 50);
        usual = Math.Clamp(usual, 0.002, 0.5);
        var deviation = (share - usual) / Math.Sqrt(usual * (1 - usual) / all);
        if (deviation < 5 || share < 0.05)
        {
            return default;
        }

        return new Assessment(
            0.15 + (0.6 * Math.Clamp(share / Math.Max(0.01, limit), 0, 1)),
            $"{what} are {ForecastText.Percent(share)} of requests, usually {ForecastText.Percent(usual)}");
    }
}
