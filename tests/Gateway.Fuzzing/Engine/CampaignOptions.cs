namespace Gateway.Fuzzing.Engine;

/// <summary>How long to search.</summary>
internal sealed record CampaignOptions
{
    /// <summary>So many inputs are run.</summary>
    public long Inputs { get; init; } = 1_000_000;

    /// <summary>The same seed makes the same inputs.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>It ends after this, too.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.MaxValue;

    /// <summary>The longest that an input may take.</summary>
    public TimeSpan LongestInput { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>It ends with so many different findings.</summary>
    public int MostFindings { get; init; } = 20;
}
