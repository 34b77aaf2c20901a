namespace Gateway.Configuration.Model;

/// <summary>How traffic ejects a destination.</summary>
internal sealed record PassiveConfig
{
    /// <summary>Failures in a row on one route. Default: 3.</summary>
    public int ConsecutiveFailures { get; init; } = 3;

    /// <summary>Failures as a share of requests in <see cref="Window"/>. Default: 0.5.</summary>
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>Requests in the window before the ratio counts. Default: 20.</summary>
    public int MinimumRequests { get; init; } = 20;

    /// <summary>Default: 10 s.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Share of a tier's destinations that traffic may eject while probes pass; one at least, and never all. It does not hold where a
    /// destination is not reached, or fails whatever it is asked while others serve the same requests. Default: 0.5.
    /// </summary>
    public double MaxEjected { get; init; } = 0.5;

    /// <summary>First ejection, doubled each time in a row; ends in a half-open probe. Default: 5 s.</summary>
    public TimeSpan EjectFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest ejection. Default: 5 min.</summary>
    public TimeSpan MaxEjectFor { get; init; } = TimeSpan.FromMinutes(5);
}
