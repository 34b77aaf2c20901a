namespace Gateway.Failover.Comparison;

/// <summary>What the comparison of two tiers comes to. The default: nothing speaks against the tier that returns.</summary>
/// <param name="Doubt">By what it looks worse: its share does not grow meanwhile, for it may still be chance; null: it does not.</param>
/// <param name="IsProved">It is worse: it is left again.</param>
internal readonly record struct ComparisonResult(ComparisonFinding? Doubt, bool IsProved)
{
    /// <summary>By what it is worse; null: that is not proved.</summary>
    public ComparisonFinding? Worse => IsProved ? Doubt : null;
}
