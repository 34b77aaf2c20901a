namespace Gateway.Health.Forecast;

/// <summary>A destination of a tier, as <see cref="ForecastActs"/> sees it.</summary>
/// <param name="Serves">It can serve.</param>
/// <param name="IsForecast">An alarm says that it will not be able to, and something may be done about it.</param>
/// <param name="Probability">As the alarm said.</param>
internal readonly record struct ForecastActCandidate(bool Serves, bool IsForecast, double Probability);
