using Gateway.Failover;
using Gateway.Health.Model;

namespace Gateway.Forwarding.Conversations;

/// <summary>Whether a conversation goes on where it was. Pure.</summary>
internal static class StayRule
{
    /// <summary>A drain with a deadline spares what was there within this time, however short <c>affinity.stay</c> is.</summary>
    public static readonly TimeSpan SparedAfter = TimeSpan.FromMinutes(10);

    /// <summary>The destination and its tier; null: it goes where its key, and what holds now, send it.</summary>
    /// <param name="snapshot">What holds now.</param>
    /// <param name="destination">Where it was.</param>
    /// <param name="silence">The time since its last request.</param>
    /// <param name="stay"><c>affinity.stay</c>.</param>
    public static (Destination Destination, int Tier)? Of(ClusterSnapshot snapshot, uint destination, TimeSpan silence, TimeSpan stay)
    {
        if (silence < (stay > SparedAfter ? stay : SparedAfter))
        {
            foreach (var tier in snapshot.Tiers)
            {
                if (Find(tier.Spared, destination) is { } spared)
                {
                    return (spared, tier.Index);
                }
            }
        }

        if (silence >= stay || snapshot.Exhausted)
        {
            return null;
        }

        // From the active tier on: the tiers before it were left for a reason, those behind it are left by a failback.
        for (var index = snapshot.Active; index < snapshot.Tiers.Length; index++)
        {
            if (Find(snapshot.Tiers[index].Usable, destination) is { } here)
            {
                return (here, index);
            }
        }

        return null;
    }

    private static Destination? Find(Destination[] among, uint destination)
    {
        foreach (var one in among)
        {
            if ((uint)one.Seed == destination)
            {
                return one;
            }
        }

        return null;
    }
}
