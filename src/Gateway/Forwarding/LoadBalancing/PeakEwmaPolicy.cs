using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>
/// The one of two drawn by weight that is likely to respond sooner: its response time (<see cref="PeakEwma"/>) times what it would have in
/// flight, as Finagle's and Linkerd's balancers do. A destination that has not responded yet counts as fast as the one it is compared
/// with: it gets requests from the first moment on, and no more at once than that one for its weight.
/// </summary>
internal sealed class PeakEwmaPolicy(Random random, TimeProvider time) : IBalancePolicy
{
    // Response times differ by this much for no reason: there the draw, and with it the weights, decides.
    private const double Clearly = 1.25;

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights)
    {
        var first = WeightedDraw.One(weights, random);
        var second = WeightedDraw.Another(weights, first, random);
        var now = PeakEwma.Milliseconds(time.GetTimestamp(), time);
        var (one, other) = (from[first].ResponseTime.At(now), from[second].ResponseTime.At(now));
        if (one is 0 || other is 0)
        {
            one = other = Math.Max(Math.Max(one, other), 1);
        }

        var evenWeight = (weights[first] + weights[second]) / 2.0;
        var costOfFirst = one * ((from[first].InFlight * evenWeight / weights[first]) + 1);
        var costOfSecond = other * ((from[second].InFlight * evenWeight / weights[second]) + 1);
        return costOfFirst > costOfSecond * Clearly ? second : first;
    }
}
