namespace Gateway.Health.Forecast;

/// <summary>How likely it is that a destination cannot serve within <see cref="ForecastWatch.Horizon"/>, and why.</summary>
/// <param name="Probability">From 0 to 1.</param>
/// <param name="Reason">In words, without an end; empty: nothing points to it.</param>
internal readonly record struct Assessment(double Probability, string Reason);
