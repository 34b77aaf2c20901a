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

    private static bool HasRoom(TierSnapshot tier, double shedAt) =>
        (shedAt >= 1 ? tier.Capacity : tier.CapacityOfOthers) is not { } capacity || tier.Load.InFlight < capacity * shedAt;
}
