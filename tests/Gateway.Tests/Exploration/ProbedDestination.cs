using Gateway.Health.Model;

namespace Gateway.Tests.Exploration;

/// <summary>A destination: what it is, what is held true of it, and what an observer has counted.</summary>
/// <param name="Health">What the rules remember.</param>
/// <param name="IsAlive">It responds.</param>
/// <param name="IsDrained">An operator drains it.</param>
/// <param name="Passed">Probes in a row that it passed.</param>
/// <param name="Failed">Probes in a row that it failed.</param>
/// <param name="EjectedFor">For how many ticks it has been ejected; -1: it is not.</param>
internal sealed record ProbedDestination(HealthState Health, bool IsAlive, bool IsDrained, int Passed, int Failed, int EjectedFor)
{
    /// <summary>A probe ended.</summary>
    public ProbedDestination Probe(HealthState after, bool passed) => this with
    {
        Health = after,
        Passed = passed ? Math.Min(Passed + 1, 9) : 0,
        Failed = passed ? 0 : Math.Min(Failed + 1, 9),
    };

    /// <summary>It is held for what it is.</summary>
    public bool IsKnown => Health.HealthStatus == (IsAlive ? HealthStatus.Up : HealthStatus.Down);
}

/// <summary>One gateway and its destinations.</summary>
/// <param name="Gateway">The gateway; what its tiers are good for follows from the destinations.</param>
/// <param name="Destinations">All, those of the first tier first.</param>
internal sealed record DestinationState(LoneGateway Gateway, System.Collections.Immutable.ImmutableArray<ProbedDestination> Destinations);
