using System.Collections.Immutable;
using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>All that a request needs to know of a cluster: immutable, published by one volatile write, read once a request.</summary>
internal sealed class ClusterSnapshot
{
    /// <summary>The tiers in order.</summary>
    public required ImmutableArray<TierSnapshot> Tiers { get; init; }

    /// <summary>Index of the tier that serves; -1 when none can (exhausted).</summary>
    public required int Active { get; init; }

    /// <summary>While <see cref="Active"/> takes its share back step by step: the tier that carries the rest. Else -1.</summary>
    public int RampFrom { get; init; } = -1;

    /// <summary>The share of <see cref="Active"/> while <see cref="RampFrom"/> is set, from 0.1 to 1. Else 1.</summary>
    public double RampShare { get; init; } = 1;

    /// <summary>An operator holds the active tier.</summary>
    public bool Held { get; init; }

    /// <summary>No tier can serve. A destination half-open may still be tried.</summary>
    public bool Exhausted => Active < 0;

    /// <summary>The tier of a request; <paramref name="draw"/> is evenly drawn from 0 to 1. -1 when exhausted.</summary>
    public int Choose(double draw) => RampFrom >= 0 && draw >= RampShare ? RampFrom : Active;
}

/// <summary>One tier as a request sees it.</summary>
internal sealed class TierSnapshot
{
    /// <summary>Unique inside the cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Its place in the cluster.</summary>
    public required int Index { get; init; }

    /// <summary>What is configured; null: unlimited, or found out.</summary>
    public int? FixedCapacity { get; init; }

    /// <summary>Requests that it can carry at once; null: unlimited.</summary>
    public int? Capacity => Load.Adaptive is not { Current: var limit } ? FixedCapacity : FixedCapacity is { } most && most < limit ? most : limit;

    /// <summary>Some of <see cref="Usable"/> take a limited number of requests.</summary>
    public bool HasLimits { get; init; }

    /// <summary>How many it carries now.</summary>
    public required TierLoad Load { get; init; }

    /// <summary>
    /// Choose among these. Suspects are in it only if there is no other destination. Empty: nothing here to send to.
    /// </summary>
    public required Destination[] Usable { get; init; }

    /// <summary>The weight of each of <see cref="Usable"/>.</summary>
    public required int[] Weights { get; init; }

    /// <summary>The share of its requests that each of <see cref="Usable"/> gets (<c>slowStart</c>); null: each gets all.</summary>
    public double[]? StartShares { get; init; }

    /// <summary>Drained, but for the conversations that are there (<c>drain --for</c>).</summary>
    public Destination[] Spared { get; init; } = [];

    /// <summary>Usable again for one request each, by <see cref="Destination.TryTakeHalfOpenPermit"/>.</summary>
    public required Destination[] HalfOpen { get; init; }

    /// <summary>Every destination, whatever is held of it.</summary>
    public required Destination[] All { get; init; }

    /// <summary>Enough healthy destinations (<c>failover.minHealthy</c>).</summary>
    public required bool CanServe { get; init; }

    /// <summary>Everything in <see cref="Usable"/> is suspect: hedge to another tier.</summary>
    public bool LooksIll { get; init; }
}
