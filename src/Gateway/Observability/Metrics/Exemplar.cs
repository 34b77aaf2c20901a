namespace Gateway.Observability.Metrics;

/// <summary>One request behind a histogram, by the id of its trace (OpenMetrics 1.0, "Exemplars"). Immutable.</summary>
/// <param name="TraceId">32 hexadecimal digits, as the exported span carries them.</param>
/// <param name="Seconds">What it took.</param>
internal sealed record Exemplar(string TraceId, double Seconds);
