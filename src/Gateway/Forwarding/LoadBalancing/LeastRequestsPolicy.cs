using Gateway.Health.Model;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>Fewest requests in flight for its weight.</summary>
internal sealed class LeastRequestsPolicy(Random random) : IBalancePolicy
{
    /// <summary>True: <paramref name="a"/> carries more than <paramref name="b"/> for its weight.</summary>
    public static bool IsBusier(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights, int a, int b) =>
        (long)from[a].InFlight * weights[b] > (long)from[b].InFlight * weights[a];

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights)
    {
        // Ties are the rule while traffic is light: the one drawn first wins them, so that they are shared by weight.
        var start = WeightedDraw.One(weights, random);
        var best = start;
        for (var step = 1; step < from.Length; step++)
        {
            var i = (start + step) % from.Length;
            if (IsBusier(from, weights, best, i))
            {
                best = i;
            }
        }

        return best;
    }
}
