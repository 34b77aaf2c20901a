using Gateway.Configuration.Model;

namespace Gateway.Forwarding.LoadBalancing;

/// <summary>From the word in the configuration to the policy.</summary>
internal static class BalancePolicies
{
    /// <summary>A policy with a state of its own.</summary>
    /// <param name="method">The cluster's method.</param>
    /// <param name="random">Source of chance; <see cref="Random.Shared"/> where requests choose at once.</param>
    /// <param name="time">The clock.</param>
    public static IBalancePolicy Of(BalanceMethod method, Random random, TimeProvider time) =>
#pragma warning disable CS8524 // Only named methods come out of a configuration; one that is named without a policy does not compile.
        method switch
        {
            BalanceMethod.PowerOfTwo => new PowerOfTwoPolicy(random),
            BalanceMethod.RoundRobin => new RoundRobinPolicy(),
            BalanceMethod.LeastRequests => new LeastRequestsPolicy(random),
            BalanceMethod.Random => new RandomPolicy(random),
            BalanceMethod.PeakEwma => new PeakEwmaPolicy(random, time),
        };
#pragma warning restore CS8524
}
