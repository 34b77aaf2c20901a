namespace Gateway.Health.Forecast;

/// <summary>From what is measured to a probability. Pure.</summary>
internal static class Odds
{
    /// <summary>How likely a failure is while nothing points to one.</summary>
    public const double Base = 0.002;

    /// <summary>Nothing is surer than this.</summary>
    public const double Most = 0.97;

    /// <summary>A level that reaches its limit in this time: the sooner within the horizon, the likelier.</summary>
    /// <param name="left">The time.</param>
    /// <param name="fit">How well a line describes the level, 0 to 1.</param>
    public static double OfTimeLeft(TimeSpan left, double fit)
    {
        var share = left / ForecastWatch.Horizon;
        return 0.95 / (1 + Math.Exp((share - 0.79) / 0.12)) * Math.Sqrt(Math.Clamp(fit, 0, 1));
    }

    /// <summary>Any of several independent reasons.</summary>
    public static double Or(double one, double other) => 1 - ((1 - Math.Clamp(one, 0, 1)) * (1 - Math.Clamp(other, 0, 1)));
}
