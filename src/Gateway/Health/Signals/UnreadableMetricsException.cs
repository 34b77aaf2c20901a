namespace Gateway.Health.Signals;

/// <summary>A page of metrics came that is not read.</summary>
/// <param name="message">Why, for the log; nothing of the page.</param>
internal sealed class UnreadableMetricsException(string message) : Exception(message);
