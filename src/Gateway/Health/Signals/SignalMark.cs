using Gateway.Configuration.Model;
using Gateway.Health.Forecast;

namespace Gateway.Health.Signals;

/// <summary>What one signal holds of one destination, as the failover loop keeps it.</summary>
/// <param name="Name">The signal's name.</param>
/// <param name="State">Whether it fires.</param>
/// <param name="Effect">What it asks for while it fires.</param>
/// <param name="Value">What it rests on, for people.</param>
/// <param name="Since">Since when <paramref name="State"/> holds, on the loop's clock.</param>
/// <param name="ValidUntil">After that without another reading it is unknown.</param>
internal sealed record SignalMark(string Name, SignalState State, SignalEffect Effect, string Value, TimeSpan Since, TimeSpan ValidUntil)
{
    /// <summary>The number that it rests on, for forecasts; null: there is none, or it is too old.</summary>
    public SeriesValue? Series { get; init; }

    /// <summary>The share of its weight that the destination asks for, from 0 to 1; null: it does not.</summary>
    public double? Weight { get; init; }

    /// <summary>Requests a second that it could carry, as its load tells; null: it does not.</summary>
    public double? Capacity { get; init; }

    /// <summary>It fires, and the tier cannot do without the destination: it has no effect.</summary>
    public bool Withheld { get; init; }

    /// <summary>It fires and has its effect.</summary>
    public bool Acts => State == SignalState.Firing && !Withheld && Effect > SignalEffect.Weight;
}
