namespace Gateway.Health.Model;

/// <summary>An operator's weight of a destination, in place of the configuration's.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Since">When it was ordered, on the loop's clock.</param>
/// <param name="Reason">The operator's words; null: none were given.</param>
/// <param name="By">Who, as far as it is known.</param>
internal sealed record WeightOrder(int Weight, TimeSpan Since, string? Reason, string? By);
