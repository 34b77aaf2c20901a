namespace Gateway.Health.Forecast;

/// <summary>How good the forecasts of a cluster, or of a destination, have been.</summary>
/// <param name="Hits">Alarms that came true in time.</param>
/// <param name="FalseAlarms">Alarms that did not come true.</param>
/// <param name="TooLate">Alarms that came true at once: no hits, no false alarms, misses.</param>
/// <param name="Missed">Failures that no alarm had foretold.</param>
/// <param name="Untouched">Hits and false alarms that nothing was done about: precision rests on these alone.</param>
/// <param name="Watched">How long destinations were watched, taken together.</param>
internal sealed record ForecastScore(int Hits, int FalseAlarms, int TooLate, int Missed, int Untouched, TimeSpan Watched)
{
    /// <summary>Share of the alarms that came true; null: none is over.</summary>
    public double? Precision { get; init; }

    /// <summary>Precision is at least this with 97.5 % confidence (E. B. Wilson, 1927); 0 while no alarm is over.</summary>
    public double PrecisionAtLeast { get; init; }

    /// <summary>Share of the failures that were foretold in time; null: there was none.</summary>
    public double? Recall => Hits + TooLate + Missed is > 0 and var all ? (double)Hits / all : null;

    /// <summary>The median time between an alarm and the failure; null: there was no hit.</summary>
    public TimeSpan? MedianLead { get; init; }

    /// <summary>False alarms of a destination in a week; null: it was watched for less than an hour.</summary>
    public double? FalseAlarmsPerWeek => Watched >= TimeSpan.FromHours(1) ? FalseAlarms / (Watched / TimeSpan.FromDays(7)) : null;

    /// <summary>The mean squared error of the probabilities (G. W. Brier, 1950), 0 is best; null: none is over.</summary>
    public double? Brier { get; init; }

    /// <summary>What was said, against what came.</summary>
    public IReadOnlyList<CalibrationBin> Calibration { get; init; } = [];
}
