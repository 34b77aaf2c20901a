using Gateway.Health.Model;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>
/// In turn, smoothly by weight, from nothing but a counter: position n of a sequence in which a destination with the share s stands about
/// every 1/s places. The counter times the golden ratio, modulo one, spreads evenly (a Weyl sequence).
/// </summary>
internal sealed class RoundRobinPolicy : IBalancePolicy
{
    private uint _turn = uint.MaxValue;

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights)
    {
        var turn = Interlocked.Increment(ref _turn);
        var total = 0;
        var even = true;
        foreach (var weight in weights)
        {
            total += weight;
            even &= weight == weights[0];
        }

        return even
            ? (int)(turn % (uint)weights.Length)
            : WeightedDraw.At(weights, (int)(((ulong)(turn * 2654435769u) * (uint)total) >> 32));
    }
}
