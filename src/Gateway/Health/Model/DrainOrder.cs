namespace Gateway.Health.Model;

/// <summary>An operator's drain of a destination.</summary>
/// <param name="Since">When it was ordered, on the loop's clock.</param>
/// <param name="Reason">The operator's words; null: none were given.</param>
/// <param name="By">Who, as far as it is known.</param>
internal sealed record DrainOrder(TimeSpan Since, string? Reason, string? By)
{
    /// <summary>Until then the conversations that are there may go on; null: only requests under way may end.</summary>
    public TimeSpan? Until { get; init; }

    /// <summary>It ends by itself then; null: it does not.</summary>
    public TimeSpan? EndsAt { get; init; }

    /// <summary><see cref="Until"/> has passed, and what was left is cut.</summary>
    public bool IsOver { get; init; }
}
