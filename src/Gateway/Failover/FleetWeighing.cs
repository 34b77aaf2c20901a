using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Consensus;

namespace Gateway.Failover;

/// <summary>What the fleet's word makes of the tiers here, and what it asks of the machine. Pure.</summary>
internal static class FleetWeighing
{
    /// <summary>Weighs the tiers, which stand in the span as this gateway's own eyes see them.</summary>
    /// <param name="configs">The tiers, in order.</param>
    /// <param name="tiers">What each is good for.</param>
    /// <param name="reachable">Of which at least one destination takes requests from here.</param>
    /// <param name="guidance">What the fleet says.</param>
    /// <param name="guidedAt">When it said so, on the loop's clock.</param>
    public static FleetDirective Weigh(
        ImmutableArray<TierConfig> configs,
        Span<TierHealth> tiers,
        ReadOnlySpan<bool> reachable,
        FleetGuidance guidance,
        TimeSpan guidedAt)
    {
        var mayReturn = 0u;
        for (var index = 0; index < tiers.Length; index++)
        {
            var said = guidance.Of(configs[index].Name);
            tiers[index] = TierEvaluator.Weigh(tiers[index], reachable[index], said);
            mayReturn |= said is { MayReturn: true } && index < 32 ? 1u << index : 0;
        }

        TierSwitchDecision? order = guidance.Call is { } call
            && PlaceOf(configs, call.Change.From) is >= 0 and var from
            && PlaceOf(configs, call.Change.To) is >= 0 and var to
            ? new TierSwitchDecision(
                call.Change.Epoch,
                call.Change.Kind == AgreedChangeKind.Failback,
                from,
                to,
                guidedAt - call.Elapsed)
            : null;
        return new FleetDirective(Agreed: true, mayReturn, order);
    }

    private static int PlaceOf(ImmutableArray<TierConfig> configs, string name)
    {
        for (var index = 0; index < configs.Length; index++)
        {
            if (string.Equals(configs[index].Name, name, StringComparison.Ordinal))
            {
                return index;
            }
        }

        return -1;
    }
}
