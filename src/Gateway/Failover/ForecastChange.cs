using Gateway.Health.Forecast;
using Gateway.Observability.History;

namespace Gateway.Failover;

/// <summary>An alarm was made, or is over, announced exactly once.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Tier">The tier's name.</param>
/// <param name="Destination">The destination's name.</param>
/// <param name="Probability">That it cannot serve within the horizon, as the alarm said.</param>
/// <param name="Reason">Why, in words, without an end.</param>
/// <param name="Outcome">What came of it; null: it was made just now.</param>
/// <param name="Age">How long ago it was made.</param>
/// <param name="At">When it changed.</param>
internal sealed record ForecastChange(
    string Cluster,
    string Tier,
    string Destination,
    double Probability,
    string Reason,
    ForecastOutcome? Outcome,
    TimeSpan Age,
    DateTimeOffset At)
{
    /// <summary>The cluster wants it to be told (<c>forecast: advise</c> or <c>act</c>).</summary>
    public bool IsTold { get; init; }

    /// <summary>For people, such as "guide-b of primary is forecast to be unable to serve within 5 min (72 %)"; without an end.</summary>
    public string Text => Outcome switch
    {
        null => $"{Destination} of {Tier} is forecast to be unable to serve within {WallClock.SpanOf(ForecastWatch.Horizon)}"
            + $" ({ClusterOutlook.Percent(Probability)})",
        ForecastOutcome.CameTrue => $"The forecast for {Destination} of {Tier} came true after {WallClock.SpanOf(Age)}",
        ForecastOutcome.TooLate => $"The forecast for {Destination} of {Tier} came too late, {WallClock.SpanOf(Age)} before the failure",
        _ => $"The forecast for {Destination} of {Tier} did not come true: it served for {WallClock.SpanOf(Age)}",
    };
}
