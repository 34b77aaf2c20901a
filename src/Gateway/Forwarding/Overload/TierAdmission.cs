using Gateway.Failover;

namespace Gateway.Forwarding.Overload;

/// <summary>
/// Whether a request may enter a tier, and which one takes it when its own is full. Pure but for the counts of requests in flight.
/// </summary>
internal static class TierAdmission
{
    /// <summary>A place for a request.</summary>
    /// <param name="tiers">The cluster's tiers as published.</param>
    /// <param name="tier">The tier that serves it.</param>
    /// <param name="shedAt">Share of a capacity from which its level is shed.</param>
    /// <param name="overflows">Another tier may take it.</param>
    /// <returns>The index of a tier with room; -1: there is none.</returns>
    public static int Admit(ReadOnlySpan<TierSnapshot> tiers, int tier, double shedAt, bool overflows)
    {
        if (HasRoom(tiers[tier], shedAt))
        {
            return tier;
        }

        for (var i = 1; overflows && i < tiers.Length; i++)
        {
            // Those behind come before those in front, as for further attempts.
            var index = (tier + i) % tiers.Length;
            if (tiers[index] is { CanServe: true, Usable.Length: > 0 } other && HasRoom(other, shedAt))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>
    /// A tier takes a further attempt: a retry as long as the tier is not full, a hedge as long as every level has room there. The retry
    /// takes the place of an attempt that failed, the hedge one more.
    /// </summary>
    /// <param name="tier">Where it would go.</param>
    /// <param name="isHedge">It is made beside another one.</param>
    /// <param name="hedgesUpTo">Share of a capacity up to which requests are hedged.</param>
    public static bool AdmitsFurther(TierSnapshot tier, bool isHedge, double hedgesUpTo) => HasRoom(tier, isHedge ? hedgesUpTo : 1);

    private static bool HasRoom(TierSnapshot tier, double shedAt)
    {
        if ((shedAt >= 1 ? tier.Capacity : tier.CapacityOfOthers) is not { } capacity)
        {
            return true;
        }

        var inFlight = tier.Load.InFlight;
        var peak = tier.Load.Adaptive?.Peak.Note(inFlight) ?? inFlight;
        return (shedAt >= 1 ? inFlight : peak) < capacity * shedAt;
    }
}
