using Gateway.Health.Model;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>Drawn by weight.</summary>
internal sealed class RandomPolicy(Random random) : IBalancePolicy
{
    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights) => WeightedDraw.One(weights, random);
}
