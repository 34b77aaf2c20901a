namespace Gateway.Health.Signals;

/// <summary>What a destination's responses report of its load: the latest values, and how many came. Requests write, interlocked.</summary>
internal sealed class ReportedLoad
{
    private long _reports;
    private double _utilization;
    private double _requestsASecond;

    /// <summary>How many reports came so far.</summary>
    public long Reports => Volatile.Read(ref _reports);

    /// <summary>The latest utilization, above 0; 1 is all that it can do.</summary>
    public double Utilization => Volatile.Read(ref _utilization);

    /// <summary>The requests a second that it says it serves; 0: it does not say.</summary>
    public double RequestsASecond => Volatile.Read(ref _requestsASecond);

    /// <summary>A report came.</summary>
    public void Report(in OrcaReport report)
    {
        Volatile.Write(ref _utilization, report.Utilization);
        Volatile.Write(ref _requestsASecond, report.RequestsASecond);
        Interlocked.Increment(ref _reports);
    }
}
