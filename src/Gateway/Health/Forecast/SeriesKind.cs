namespace Gateway.Health.Forecast;

/// <summary>What the numbers of a series are.</summary>
internal enum SeriesKind
{
    /// <summary>A level that moves towards a limit: memory, the length of a queue, the days of a certificate.</summary>
    Level,

    /// <summary>How many there were since the last sample: error lines.</summary>
    Count,
}
