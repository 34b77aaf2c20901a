namespace Gateway.Health.Forecast;

/// <summary>Forecasts of about the same probability.</summary>
/// <param name="From">The least probability.</param>
/// <param name="To">The greatest.</param>
/// <param name="Count">How many there were.</param>
/// <param name="Said">Their mean probability.</param>
/// <param name="Came">The share of them that came true.</param>
internal sealed record CalibrationBin(double From, double To, int Count, double Said, double Came);
