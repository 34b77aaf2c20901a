using Gateway.Configuration.Model;

namespace Gateway.Failover.Comparison;

/// <summary>
/// The comparison of one cluster's two tiers during a ramp: begins and ends the counting, and knows what the counts come to. Only the
/// failover loop touches it.
/// </summary>
internal sealed class RampWatch
{
    // A tier that has just begun: its caches may be cold, which time mends and a return to the other tier does not.
    private const double ColdPart = 0.1;

    private (TierLoad Tier, TierLoad Other)? _loads;
    private (TierCounts Tier, TierCounts Other) _counts;
    private (TierFigures Tier, TierFigures Other) _figures;

    /// <summary>What the counts come to.</summary>
    public ComparisonResult Result { get; private set; }

    /// <summary>A replay, which has no counts: so it was then. Holds until the ramp is over.</summary>
    public void Restore(ComparisonResult result) => Result = result;

    /// <summary>Looks at the counts, before the machine's turn.</summary>
    public ComparisonResult Look(ClusterState state, FailbackConfig failback, TimeSpan now)
    {
        if (_loads is null || state.ReturnedAt is not { } start)
        {
            return Result = default;
        }

        if (!_counts.Tier.TakesTimes && now - start >= failback.Ramp * ColdPart)
        {
            _counts.Tier.TakesTimes = true;
            _counts.Other.TakesTimes = true;
        }

        var figures = (_counts.Tier.Read(), _counts.Other.Read());
        if (figures != _figures)
        {
            _figures = figures;
            Result = FailbackComparison.Decide(figures.Item1, figures.Item2, _counts.Tier.Conversations is not null);
        }

        return Result;
    }

    /// <summary>Follows the machine: a ramp that began is counted from now on, one that is over is not.</summary>
    /// <param name="state">What holds from now on.</param>
    /// <param name="tiers">The cluster's tiers.</param>
    /// <param name="timings">Its routes' times.</param>
    /// <param name="byConversation">Its requests belong to conversations (<c>affinity</c>).</param>
    public void Follow(ClusterState state, TierRuntime[] tiers, IEnumerable<RouteTiming> timings, bool byConversation)
    {
        (TierLoad, TierLoad)? loads = state is { Active: >= 0, RampFrom: >= 0 }
            ? (tiers[state.Active].Load, tiers[state.RampFrom].Load)
            : null;
        if (loads == _loads)
        {
            return;
        }

        if (_loads is ({ } before, { } otherBefore))
        {
            before.Counts = null;
            otherBefore.Counts = null;
        }

        _loads = loads;
        _figures = default;
        Result = default;
        foreach (var timing in timings)
        {
            timing.Compare(loads is null ? null : tiers[state.Active].Config.Name);
        }

        if (loads is ({ } tier, { } other))
        {
            _counts = (new TierCounts(byConversation), new TierCounts(byConversation));
            tier.Counts = _counts.Tier;
            other.Counts = _counts.Other;
        }
    }
}
