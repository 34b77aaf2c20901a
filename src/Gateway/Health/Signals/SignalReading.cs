using Gateway.Configuration.Model;
using Gateway.Health.Forecast;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>What a signal says of a destination now.</summary>
/// <param name="Destination">The destination.</param>
/// <param name="Signal">The signal's name.</param>
/// <param name="State">Whether it fires.</param>
/// <param name="Effect">What it asks for while it fires.</param>
/// <param name="Value">What it rests on, for people; never a line of a log or a body as it came.</param>
/// <param name="ValidFor">After that without another reading it is unknown.</param>
internal sealed record SignalReading(
    Destination Destination, string Signal, SignalState State, SignalEffect Effect, string Value, TimeSpan ValidFor)
{
    /// <summary>The number that it rests on, for forecasts; null: there is none.</summary>
    public SeriesValue? Series { get; init; }

    /// <summary>The share of its weight that it asks for itself, from 0 to 1; null: it does not.</summary>
    public double? Weight { get; init; }

    /// <summary>Requests a second that it could carry, as its load tells; null: it does not.</summary>
    public double? Capacity { get; init; }
}
