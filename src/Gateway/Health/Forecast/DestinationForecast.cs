using Gateway.Observability.History;

namespace Gateway.Health.Forecast;

/// <summary>
/// The forecast of one destination: its model, and the watch that keeps score of it. All that the loop, the simulations and a replay use.
/// </summary>
internal sealed class DestinationForecast(TimeSpan born)
{
    private readonly DestinationForecaster _forecaster = new();
    private readonly ForecastWatch _watch = new(born);

    /// <summary>What was said last.</summary>
    public Assessment Said { get; private set; }

    /// <summary>The alarm that is not over; null: there is none.</summary>
    public (Assessment Said, TimeSpan At)? Alarm => _watch.Alarm;

    /// <summary>Its response times have left their usual level.</summary>
    public bool IsDrifting => _forecaster.IsDrifting;

    /// <summary>One second passed. What is returned is valid until the next call.</summary>
    /// <param name="sample">The second's numbers.</param>
    /// <param name="limits">Where they make it unable to serve.</param>
    /// <param name="serves">It can serve, as far as its health goes.</param>
    /// <param name="isExcused">Whatever it does has another reason.</param>
    /// <param name="now">The clock.</param>
    public IReadOnlyList<ForecastEvent> Observe(
        in DestinationSample sample, in ForecastLimits limits, bool serves, bool isExcused, TimeSpan now)
    {
        // What a destination shows that cannot serve is no level of one that can.
        Said = serves && !isExcused ? _forecaster.Observe(sample, limits, now) : Said;
        var events = _watch.Observe(Said, serves, isExcused, now);
        foreach (var happened in events)
        {
            if (happened is { IsAlarm: true, Outcome: ForecastOutcome.DidNot })
            {
                _forecaster.Accept(now);
            }
            else if (happened is { IsAlarm: true, Outcome: ForecastOutcome.CameTrue or ForecastOutcome.TooLate })
            {
                _forecaster.ForgetPeaks();
            }
        }

        Said = serves && !isExcused ? Said : default;
        return events;
    }
}
