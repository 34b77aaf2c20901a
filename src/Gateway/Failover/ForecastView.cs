namespace Gateway.Failover;

/// <summary>What is forecast of a destination, for eyes.</summary>
/// <param name="Probability">That it cannot serve within the horizon, as of now.</param>
/// <param name="Reason">Why, in words; empty: nothing points to it.</param>
/// <param name="AlarmSince">When the alarm was made that is not over; null: there is none.</param>
/// <param name="AlarmReason">What it said; empty: there is none.</param>
/// <param name="IsTold">People are told of it.</param>
/// <param name="IsActedOn">It gets fewer requests because of it.</param>
internal sealed record ForecastView(
    double Probability, string Reason, DateTimeOffset? AlarmSince, string AlarmReason, bool IsTold, bool IsActedOn);
