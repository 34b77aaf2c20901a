namespace Gateway.Health.Forecast;

/// <summary>
/// Which destinations of a tier get fewer requests because a forecast says that they will fail. Pure. Never the last one that is healthy,
/// and never, with those that cannot serve, more than half of the tier.
/// </summary>
internal static class ForecastActs
{
    /// <summary>The share of its requests that such a destination gets: others are preferred, and it goes on being seen.</summary>
    public const double Share = 0.2;

    /// <summary>The share of alarms that nothing is done about, so that the score stays honest.</summary>
    public const double Untouched = 0.1;

    /// <summary>With a lower bound of precision below this nothing is done.</summary>
    public const double LeastPrecision = 0.5;

    /// <summary>Forecasts have earned it that something is done about them.</summary>
    public static bool AreEarned(ForecastScore score) => score.PrecisionAtLeast >= LeastPrecision;

    /// <summary>Chooses among the destinations of a tier; the result has the same order.</summary>
    public static bool[] Choose(ReadOnlySpan<ForecastActCandidate> tier)
    {
        var chosen = new bool[tier.Length];
        var missing = 0;
        var healthy = 0;
        foreach (var candidate in tier)
        {
            missing += candidate.Serves ? 0 : 1;
            healthy += candidate.Serves ? 1 : 0;
        }

        for (var room = Math.Min((tier.Length / 2) - missing, healthy - 1); room > 0; room--)
        {
            var likeliest = -1;
            for (var index = 0; index < tier.Length; index++)
            {
                if (!chosen[index]
                    && tier[index] is { Serves: true, IsForecast: true }
                    && (likeliest < 0 || tier[index].Probability > tier[likeliest].Probability))
                {
                    likeliest = index;
                }
            }

            if (likeliest < 0)
            {
                break;
            }

            chosen[likeliest] = true;
        }

        return chosen;
    }
}
