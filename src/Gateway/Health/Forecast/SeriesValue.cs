namespace Gateway.Health.Forecast;

/// <summary>One number of a named series of a destination, as of one sample: what a signal gives to the forecast.</summary>
/// <param name="Name">As people know it, such as "memory".</param>
/// <param name="Value">The number.</param>
/// <param name="Limit">Where the destination can no longer serve; null: not known, and a level without one forecasts nothing.</param>
/// <param name="Kind">What the number is.</param>
internal readonly record struct SeriesValue(string Name, double Value, double? Limit = null, SeriesKind Kind = SeriesKind.Level)
{
    /// <summary>The limit lies below: the level falls towards it.</summary>
    public bool Falls { get; init; }
}
