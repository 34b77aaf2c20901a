using Gateway.Health.Model;

namespace Gateway.Failover;

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
    public int? Capacity => Load.Adaptive is { Current: var limit } ? WithinFixed(limit) : FixedCapacity;

    /// <summary>The same for levels that leave room for more important ones (<c>shedAt</c> below 100 %).</summary>
    public int? CapacityOfOthers => Load.Adaptive is { CurrentOfOthers: var limit } ? WithinFixed(limit) : FixedCapacity;

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

    /// <summary>
    /// So many at the head of <see cref="Usable"/> are preferred (<c>zonePreference</c>): the others are chosen when of these none is left.
    /// 0: none is preferred.
    /// </summary>
    public int Near { get; init; }

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

    private int WithinFixed(int limit) => FixedCapacity is { } most && most < limit ? most : limit;
}
