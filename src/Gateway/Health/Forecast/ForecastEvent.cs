using Gateway.Observability.History;

namespace Gateway.Health.Forecast;

/// <summary>A forecast was made, or is over.</summary>
/// <param name="Assessment">What was said when it was made.</param>
/// <param name="Age">How long ago that was.</param>
/// <param name="IsAlarm">Likely enough to be told; false: one of those that are made every five minutes.</param>
/// <param name="Outcome">What came of it; null: it was made just now.</param>
internal readonly record struct ForecastEvent(Assessment Assessment, TimeSpan Age, bool IsAlarm, ForecastOutcome? Outcome);
