using System.Globalization;

namespace Gateway.Tests.Exploration;

/// <summary>What a search came to.</summary>
/// <param name="World">Of which world.</param>
/// <param name="States">States that were visited.</param>
/// <param name="Steps">Steps that were tried.</param>
/// <param name="Disturbances">Disturbances in one history at most.</param>
internal sealed record SearchResult(string World, int States, long Steps, int Disturbances)
{
    /// <summary>Every state was visited that so many disturbances lead to.</summary>
    public bool IsComplete { get; init; }

    /// <summary>No number of disturbances leads to any other state.</summary>
    public bool IsExhausted { get; init; }

    /// <summary>How an invariant is broken, step by step; null: none is.</summary>
    public string? Counterexample { get; init; }

    /// <summary>What time makes of each state; null: the search is not complete.</summary>
    public RestResult? Rest { get; init; }

    /// <summary>What is wrong, for people; null: nothing is.</summary>
    public string? Problem => Counterexample ?? Rest?.Problem;

    /// <summary>In a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{World}: {States:N0} states, {Steps:N0} steps, {(IsExhausted ? "any number of" : $"up to {Disturbances}")} disturbances"
            + $"{(IsComplete ? "" : " (not complete)")}; as it should be after {Rest?.LongestToGoal ?? -1} ticks, at rest after "
            + $"{Rest?.LongestToRest ?? -1}");
}

/// <summary>What the course of time makes of every state, in whatever order things happen in it.</summary>
/// <param name="LongestToGoal">Ticks until it is as it should be, at most.</param>
/// <param name="LongestToRest">Ticks until it stays so and nothing is announced any more, at most.</param>
/// <param name="Problem">From where it never does; null: from nowhere.</param>
internal sealed record RestResult(int LongestToGoal, int LongestToRest, string? Problem);
