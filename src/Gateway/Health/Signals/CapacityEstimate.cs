namespace Gateway.Health.Signals;

/// <summary>
/// What one destination can carry: requests a second over utilization, smoothed over some seconds. Knows no clock; one reader touches it.
/// </summary>
internal sealed class CapacityEstimate
{
    private const int EnoughReports = 10;
    private const double Smoothing = 0.3;

    // One that does next to nothing could do anything, says the quotient.
    private const double LeastUtilization = 0.01;
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(10);

    private (long Reports, TimeSpan At)? _before;
    private double? _capacity;

    /// <summary>Takes what is known now. Null: there is nothing new, or too little to tell.</summary>
    /// <param name="reports">Reports so far.</param>
    /// <param name="utilization">The latest.</param>
    /// <param name="requestsASecond">What the destination says it serves; 0: it does not, and the reports are counted.</param>
    /// <param name="now">A clock.</param>
    public double? Take(long reports, double utilization, double requestsASecond, TimeSpan now)
    {
        if (_before is not { } before)
        {
            _before = (reports, now);
            return null;
        }

        var came = reports - before.Reports;
        var elapsed = now - before.At;
        if (came < EnoughReports && elapsed < LongEnough)
        {
            return null;
        }

        _before = (reports, now);
        if (came == 0 || utilization <= 0)
        {
            return null;
        }

        var capacity = (requestsASecond > 0 ? requestsASecond : came / elapsed.TotalSeconds)
            / Math.Max(utilization, LeastUtilization);
        _capacity = _capacity is { } known ? known + ((capacity - known) * Smoothing) : capacity;
        return _capacity;
    }
}
