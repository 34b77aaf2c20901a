using System.Collections.Immutable;
using Gateway.Failover.Resuming;

namespace Gateway.Failover;

/// <summary>What the machine remembers of a cluster. Times count from the loop's start.</summary>
internal sealed record ClusterState
{
    /// <summary>The tier that serves; -1: exhausted; <see cref="Gone"/>: it left the configuration.</summary>
    public int Active { get; init; }

    /// <summary>Since when <see cref="Active"/> is what it is.</summary>
    public TimeSpan ActiveSince { get; init; }

    /// <summary>The first round of probes is over. Before it the choice is provisional and not announced.</summary>
    public bool Settled { get; init; }

    /// <summary>Since when each tier has been able without a break; null: it is not.</summary>
    public ImmutableArray<TimeSpan?> HealthySince { get; init; } = [];

    /// <summary>Since when the active tier cannot serve; null: it can.</summary>
    public TimeSpan? UnableSince { get; init; }

    /// <summary>The tier that carries the rest while the active one ramps up; -1: no ramp.</summary>
    public int RampFrom { get; init; } = -1;

    /// <summary>What the active tier's share has reached in its ramp; 0 without one.</summary>
    public double RampShare { get; init; }

    /// <summary>When <see cref="RampShare"/> was reached.</summary>
    public TimeSpan RampShareAt { get; init; }

    /// <summary>The active tier looks worse than the one that carries the rest: its share does not grow.</summary>
    public bool IsInDoubt { get; init; }

    /// <summary>When the active tier took over by failback, while that is not long ago; a loss of it counts as a relapse.</summary>
    public TimeSpan? ReturnedAt { get; init; }

    /// <summary>Relapses in a row; each doubles the wait for the next failback.</summary>
    public int Relapses { get; init; }

    /// <summary>An operator's wish; null: none.</summary>
    public Hold? Held { get; init; }

    /// <summary>The last change agreed with other gateways that was acted on; 0: none.</summary>
    public long Epoch { get; init; }

    /// <summary>What was true before a restart, until the first round of probes is over; null: nothing is known of it.</summary>
    public Resumption? Resumed { get; init; }

    /// <summary>Stands for a tier that a reload took away.</summary>
    public const int Gone = -2;

    /// <summary>
    /// The first round of probes is over: the first tier serves or, after a restart, the one that did, and what still is true of before, is
    /// true since then.
    /// </summary>
    /// <param name="tiers">What each tier is good for now.</param>
    /// <param name="now">The loop's clock.</param>
    public ClusterState Settle(ReadOnlySpan<TierHealth> tiers, TimeSpan now)
    {
        if (Resumed is not { } before)
        {
            return this with { Settled = true, Active = 0 };
        }

        var ramps = before.RampFrom >= 0 && tiers[before.RampFrom] > TierHealth.Unavailable;
        return this with
        {
            Settled = true,
            Active = before.Active,
            ActiveSince = before.ActiveSince,
            HealthySince = [.. HealthySince.Select((since, tier) => since is null ? null : before.HealthySince[tier] ?? since)],
            RampFrom = ramps ? before.RampFrom : -1,
            RampShare = ramps ? before.RampShare : 0,
            RampShareAt = now,
            Resumed = null,
        };
    }

    /// <summary>The same state for a changed list of tiers, matched by name.</summary>
    public ClusterState Remap(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        int IndexOf(int old) => old < 0
            ? old
            : Enumerable.Range(0, after.Count)
                .Where(i => string.Equals(after[i], before[old], StringComparison.Ordinal))
                .DefaultIfEmpty(Gone)
                .First();

        var able = new TimeSpan?[after.Count];
        for (var old = 0; old < before.Count && old < HealthySince.Length; old++)
        {
            if (IndexOf(old) is >= 0 and var index)
            {
                able[index] = HealthySince[old];
            }
        }

        var held = Held is { } hold && IndexOf(hold.Tier) is >= 0 and var heldIndex ? hold with { Tier = heldIndex } : null;
        return this with
        {
            Active = IndexOf(Active),
            RampFrom = Math.Max(-1, IndexOf(RampFrom)),
            HealthySince = [.. able],
            Held = held,
            Resumed = null,
        };
    }
}

/// <summary>An operator wants this tier.</summary>
/// <param name="Tier">Its index.</param>
/// <param name="Until">When the wish ends by itself.</param>
/// <param name="Reason">The operator's words.</param>
/// <param name="By">Who, as far as it is known.</param>
internal sealed record Hold(int Tier, TimeSpan Until, string Reason, string? By = null);
