using Gateway.Failover;
using Gateway.Health.Model;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>Chooses one destination of a tier, leaving out what a request has tried.</summary>
internal static class Balancer
{
    /// <summary>Chooses by the cluster's policy, leaving out what this request has already tried. Null: nothing is left.</summary>
    /// <param name="policy">The cluster's policy.</param>
    /// <param name="tier">The tier as published.</param>
    /// <param name="tried">Destinations that this request has tried.</param>
    /// <param name="triedCount">How many of <paramref name="tried"/> are set.</param>
    public static Destination? Choose(IBalancePolicy policy, TierSnapshot tier, Destination?[]? tried, int triedCount)
    {
        var usable = tier.Usable;
        if (usable.Length == 0)
        {
            return null;
        }

        var preferred = tier.Near > 0 ? tier.Near : usable.Length;
        if (triedCount == 0 && tier.StartShares is null)
        {
            return preferred == 1 ? usable[0] : usable[policy.Choose(usable.AsSpan(0, preferred), tier.Weights.AsSpan(0, preferred))];
        }

        // A request that tries again is rare, and so is a destination that starts slowly: what leaves some out may copy.
        var left = new Destination[usable.Length];
        var weights = new int[usable.Length];
        var count = tier.StartShares is null ? 0 : Leave(tier, preferred, tried, triedCount, Random.Shared.NextDouble(), left, weights);
        if (count == 0)
        {
            // Nothing but what starts slowly, if anything: then there is no other to spare it.
            count = Leave(tier, preferred, tried, triedCount, draw: 0, left, weights);
        }

        if (count == 0 && preferred < usable.Length)
        {
            count = Leave(tier, usable.Length, tried, triedCount, draw: 0, left, weights);
        }

        return count switch
        {
            0 => null,
            1 => left[0],
            _ => left[policy.Choose(left.AsSpan(0, count), weights.AsSpan(0, count))],
        };
    }

    // What this request has not tried, without those that start slowly and whose share does not reach up to the draw: each is thus in the
    // choice for its share of all requests, whatever the policy goes by.
    private static int Leave(
        TierSnapshot tier, int preferred, Destination?[]? tried, int triedCount, double draw, Destination[] left, int[] weights)
    {
        var count = 0;
        for (var i = 0; i < preferred; i++)
        {
            if (!tried.AsSpan(0, triedCount).Contains(tier.Usable[i]) && (tier.StartShares is not { } shares || shares[i] > draw))
            {
                left[count] = tier.Usable[i];
                weights[count++] = tier.Weights[i];
            }
        }

        return count;
    }

    /// <summary>
    /// The destination whose hash with the key is the highest, by weight (rendezvous hashing, Thaler and Ravishankar 1998; weights after
    /// Schindelhauer and Schomaker 2005): when one leaves, only its own keys move. While a destination starts slowly its keys come back to
    /// it one by one.
    /// </summary>
    public static Destination? ByAffinity(ReadOnlySpan<char> key, TierSnapshot tier, Destination?[]? tried, int triedCount)
    {
        Destination? best = null;
        Destination? bestOfAll = null;
        var bestScore = double.NegativeInfinity;
        var bestScoreOfAll = double.NegativeInfinity;
        var keyHash = Hash(key);
        for (var i = 0; i < tier.Usable.Length; i++)
        {
            var candidate = tier.Usable[i];
            if (triedCount > 0 && tried.AsSpan(0, triedCount).Contains(candidate))
            {
                continue;
            }

            var mixed = Mix(keyHash ^ candidate.Seed);
            // A number in (0, 1] of 53 even bits; -weight / ln(u) keeps each share in proportion to its weight.
            var unit = ((mixed >> 11) + 1) * (1.0 / (1UL << 53));
            var score = -tier.Weights[i] / Math.Log(unit);
            if (score > bestScoreOfAll || bestOfAll is null)
            {
                bestOfAll = candidate;
                bestScoreOfAll = score;
            }

            var hasKey = tier.StartShares is not { } shares || shares[i] >= 1 || UnitOf(Mix(mixed)) < shares[i];
            var isPreferred = tier.Near == 0 || i < tier.Near;
            if (hasKey && isPreferred && (score > bestScore || best is null))
            {
                best = candidate;
                bestScore = score;
            }
        }

        return best ?? bestOfAll;
    }

    /// <summary>The hash of a key, the same on every gateway.</summary>
    public static ulong HashOf(ReadOnlySpan<char> key) => Mix(Hash(key));

    /// <summary>A number from 0 to less than 1, evenly spread over keys; the same on every gateway.</summary>
    public static double UnitOf(ReadOnlySpan<char> key) => UnitOf(Mix(Hash(key)));

    private static double UnitOf(ulong mixed) => (mixed >> 11) * (1.0 / (1UL << 53));

    private static ulong Hash(ReadOnlySpan<char> key)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in key)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }

    /// <summary>The finaliser of SplitMix64: every bit of the input moves half the bits of the output.</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
