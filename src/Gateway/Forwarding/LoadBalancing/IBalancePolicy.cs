using Gateway.Health.Model;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>One way to choose among the destinations of a tier (<c>balance</c>). Any number of requests call it at once.</summary>
internal interface IBalancePolicy
{
    /// <summary>The index of the choice. Allocates nothing and takes no lock.</summary>
    /// <param name="from">Two destinations at least.</param>
    /// <param name="weights">The weight of each.</param>
    int Choose(ReadOnlySpan<Destination> from, ReadOnlySpan<int> weights);
}
