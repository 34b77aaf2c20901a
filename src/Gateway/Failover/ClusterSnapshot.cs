using System.Collections.Immutable;

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
