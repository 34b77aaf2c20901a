using Gateway.Health.Forecast;
using Gateway.Observability.History;

namespace Gateway.Tests.Health.Forecast;

/// <summary>What a simulation came to.</summary>
internal sealed record SimulatedRun
{
    /// <summary>Alarms with the second at which they were made.</summary>
    public List<(int Second, Assessment Said)> Alarms { get; } = [];

    /// <summary>Forecasts that are over.</summary>
    public List<ForecastRecord> Records { get; } = [];

    /// <summary>When users would have noticed; null: they would not.</summary>
    public int? NoticedAt { get; init; }

    /// <summary>When responses were felt to be slow, before they failed; null: they were not.</summary>
    public int? SlowAt { get; init; }

    /// <summary>
    /// Seconds from the alarm that came true until responses were felt to be slow; null: none came true, or they were not.
    /// </summary>
    public int? LeadBeforeSlow => Lead - (NoticedAt - SlowAt);

    /// <summary>Seconds from the alarm that came true until users would have noticed; null: none came true.</summary>
    public int? Lead => Records.Exists(static r => r is { IsAlarm: true, Outcome: ForecastOutcome.CameTrue })
        ? NoticedAt - Alarms[^1].Second
        : null;

    /// <summary>Alarms that did not come true.</summary>
    public int FalseAlarms => Records.Count(static r => r is { IsAlarm: true, Outcome: ForecastOutcome.DidNot });
}
