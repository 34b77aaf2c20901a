namespace Gateway.Health.Forecast;

/// <summary>All that a forecast is made of: the numbers of one destination over one second. What is not known is null.</summary>
internal readonly record struct DestinationSample()
{
    /// <summary>The suspicion from silence (<see cref="Rules.PhiAccrual"/>).</summary>
    public double Phi { get; init; }

    /// <summary>How long the last probe took; null: none ended.</summary>
    public TimeSpan? Probe { get; init; }

    /// <summary>A probe ended, and failed.</summary>
    public bool ProbeFailed { get; init; }

    /// <summary>How long the last probe's connection took; null: none was made, or it is not measured.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>The median time to the first byte of about the last twenty seconds; null: too few responses.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>Requests that ended.</summary>
    public long Requests { get; init; }

    /// <summary>Of these, those that failed.</summary>
    public long Failures { get; init; }

    /// <summary>Requests that another destination answered first, as a hedge.</summary>
    public long Lates { get; init; }

    /// <summary>Named series: those of signals, and requests in flight where they are limited.</summary>
    public IReadOnlyList<SeriesValue> Series { get; init; } = [];

    /// <summary>Share of the other destinations of the cluster whose response times drift as well, 0 to 1.</summary>
    public double PeersDrifting { get; init; }
}
