namespace Gateway.Configuration.Model;

/// <summary>What the levels mean.</summary>
internal sealed record LevelsConfig
{
    /// <summary>Default: all tiers, shed at 100 %.</summary>
    public LevelConfig High { get; init; } = new() { ShedAt = 1.0 };

    /// <summary>Default: all tiers, shed at 85 %.</summary>
    public LevelConfig Medium { get; init; } = new() { ShedAt = 0.85 };

    /// <summary>Default: the first tier, shed at 70 %.</summary>
    public LevelConfig Low { get; init; } = new() { FirstTierOnly = true, ShedAt = 0.7 };

    /// <summary>The least <c>shedAt</c>: below it every level has room.</summary>
    public double LeastShedAt => Math.Min(High.ShedAt, Math.Min(Medium.ShedAt, Low.ShedAt));

    /// <summary>The meaning of one level.</summary>
    public LevelConfig Of(Level level) => level switch { Level.High => High, Level.Medium => Medium, _ => Low };
}

/// <summary>What one level means.</summary>
internal sealed record LevelConfig
{
    /// <summary>True: only the cluster's first tier serves it (<c>tiers: first</c>). Default: false.</summary>
    public bool FirstTierOnly { get; init; }

    /// <summary>Share of a tier's capacity from which this level goes to its fallback chain, from above 0 to 1.</summary>
    public double ShedAt { get; init; } = 1.0;
}
