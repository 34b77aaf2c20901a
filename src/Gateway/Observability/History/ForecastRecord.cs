namespace Gateway.Observability.History;

/// <summary>One forecast that is over, and what came of it.</summary>
/// <param name="MadeAt">When it was made.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Destination">The destination's name.</param>
/// <param name="Probability">That the destination cannot serve within the horizon, as it was said then.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="After">How long after that the destination could not serve, or that the forecast ended.</param>
internal sealed record ForecastRecord(
    DateTimeOffset MadeAt, string Cluster, string Destination, double Probability, ForecastOutcome Outcome, TimeSpan After)
{
    /// <summary>Its number, growing; 0 until it is kept.</summary>
    public long Id { get; init; }

    /// <summary>
    /// An alarm; false: one of those that are made every five minutes, whatever they say, so that calm is scored as well.
    /// </summary>
    public bool IsAlarm { get; init; }

    /// <summary>The gateway did something because of it, so that its outcome says less.</summary>
    public bool IsActedOn { get; init; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; init; } = "";
}
