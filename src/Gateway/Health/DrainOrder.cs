namespace Gateway.Health;

/// <summary>An operator's drain of a destination.</summary>
/// <param name="Since">When it was ordered, on the loop's clock.</param>
/// <param name="Reason">The operator's words; null: none were given.</param>
/// <param name="By">Who, as far as it is known.</param>
internal sealed record DrainOrder(TimeSpan Since, string? Reason, string? By);
