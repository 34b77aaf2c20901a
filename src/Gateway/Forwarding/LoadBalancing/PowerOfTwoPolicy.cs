using Gateway.Health.Model;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>The less busy of two drawn by weight (Mitzenmacher 2001).</summary>
internal sealed class PowerOfTwoPolicy(Random random) : IBalancePolicy
{
    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights)
    {
        var first = WeightedDraw.One(weights, random);
        var second = from.Length == 2 ? 1 - first : WeightedDraw.One(weights, random);
        return LeastRequestsPolicy.IsBusier(from, weights, first, second) ? second : first;
    }
}
