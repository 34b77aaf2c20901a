namespace Gateway.Failover;

/// <summary>What the fleet decided, for the machine, which knows tiers by their place. The default: decide alone.</summary>
/// <param name="Agreed">The gateways agree on what they do; false: this one decides alone.</param>
/// <param name="MayReturn">A bit for each tier (the first 32): it may be taken again without an agreement.</param>
/// <param name="Call">An agreed change; null: none.</param>
internal readonly record struct FleetDirective(bool Agreed, uint MayReturn, TierSwitchDecision? Call)
{
    /// <summary>Whether this gateway may go back to a tier on its own proof.</summary>
    public bool AllowsFailback(int tier) => !Agreed || (tier < 32 && (MayReturn & (1u << tier)) != 0);
}
