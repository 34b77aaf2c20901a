using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health;

namespace Gateway.Forwarding;

/// <summary>Chooses one destination of a tier. Pure but for the numbers in flight, which are read as they stand.</summary>
internal static class Balancer
{
    /// <summary>Chooses by the cluster's method, leaving out what this request has already tried. Null: nothing is left.</summary>
    /// <param name="method">The cluster's method.</param>
    /// <param name="tier">The tier as published.</param>
    /// <param name="tried">Destinations that this request has tried.</param>
    /// <param name="triedCount">How many of <paramref name="tried"/> are set.</param>
    /// <param name="turn">The tier's counter, for taking turns.</param>
    /// <param name="random">Source of chance.</param>
    public static Destination? Choose(BalanceMethod method, TierSnapshot tier, Destination?[]? tried, int triedCount, ref uint turn, Random random)
    {
        var usable = tier.Usable;
        if (usable.Length == 0)
        {
            return null;
        }

        if (triedCount == 0)
        {
            return usable.Length == 1 ? usable[0] : ChooseOf(method, usable, tier.Weights, ref turn, random);
        }

        // A request that tries again is rare: leaving out the tried ones may copy.
        var left = new Destination[usable.Length];
        var weights = new int[usable.Length];
        var count = 0;
        for (var i = 0; i < usable.Length; i++)
        {
            if (!tried.AsSpan(0, triedCount).Contains(usable[i]))
            {
                left[count] = usable[i];
                weights[count++] = tier.Weights[i];
            }
        }

        return count switch
        {
            0 => null,
            1 => left[0],
            _ => ChooseOf(method, left.AsSpan(0, count), weights.AsSpan(0, count), ref turn, random),
        };
    }

    /// <summary>
    /// The destination whose hash with the key is the highest, by weight (rendezvous hashing, Thaler and Ravishankar 1998; weights after
    /// Schindelhauer and Schomaker 2005): when one leaves, only its own keys move.
    /// </summary>
    public static Destination? ByAffinity(ReadOnlySpan<char> key, TierSnapshot tier, Destination?[]? tried, int triedCount)
    {
        Destination? best = null;
        var bestScore = double.NegativeInfinity;
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
            if (score > bestScore || best is null)
            {
                best = candidate;
                bestScore = score;
            }
        }

        return best;
    }

    /// <summary>A number from 0 to less than 1, evenly spread over keys; the same on every gateway.</summary>
    public static double UnitOf(ReadOnlySpan<char> key) => (Mix(Hash(key)) >> 11) * (1.0 / (1UL << 53));

    private static Destination ChooseOf(BalanceMethod method, ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights, ref uint turn, Random random)
    {
        switch (method)
        {
            case BalanceMethod.RoundRobin:
                return from[InTurn(weights, Interlocked.Increment(ref turn))];
            case BalanceMethod.Random:
                return from[Draw(weights, random)];
            case BalanceMethod.LeastRequests:
                return from[LeastBusy(from, weights, random.Next(from.Length))];
            default:
                var first = Draw(weights, random);
                var second = from.Length == 2 ? 1 - first : Draw(weights, random);
                return from[Busier(from, weights, first, second) ? second : first];
        }
    }

    /// <summary>
    /// Whose turn it is, smoothly by weight, from nothing but a counter: position n of a sequence in which a destination with the
    /// share s stands about every 1/s places. The counter times the golden ratio, modulo one, spreads evenly (a Weyl sequence).
    /// </summary>
    private static int InTurn(ReadOnlySpan<int> weights, uint turn)
    {
        var total = 0;
        var even = true;
        foreach (var weight in weights)
        {
            total += weight;
            even &= weight == weights[0];
        }

        if (even)
        {
            return (int)(turn % (uint)weights.Length);
        }

        var point = (int)(((ulong)(turn * 2654435769u) * (uint)total) >> 32);
        return At(weights, point);
    }

    private static int Draw(ReadOnlySpan<int> weights, Random random)
    {
        var total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        return total == weights.Length ? random.Next(weights.Length) : At(weights, random.Next(total));
    }

    private static int At(ReadOnlySpan<int> weights, int point)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            point -= weights[i];
            if (point < 0)
            {
                return i;
            }
        }

        return weights.Length - 1;
    }

    private static int LeastBusy(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights, int start)
    {
        // Starting anywhere spreads the ties, which are the rule while traffic is light.
        var best = start;
        for (var step = 1; step < from.Length; step++)
        {
            var i = (start + step) % from.Length;
            if (Busier(from, weights, best, i))
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>True: <paramref name="a"/> carries more than <paramref name="b"/> for its weight.</summary>
    private static bool Busier(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights, int a, int b) =>
        (long)from[a].InFlight * weights[b] > (long)from[b].InFlight * weights[a];

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
