using Gateway.Configuration.Model;

namespace Gateway.Failover;

/// <summary>
/// What becomes of a cluster when time passes and nothing new is learned: <see cref="FailoverMachine"/> itself is asked, at each moment
/// at which time alone can change its mind. Pure.
/// </summary>
internal static class FailoverForesight
{
    /// <summary>The first change of the active tier; null: none.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="now">The wall clock.</param>
    /// <param name="othersAgree">The other gateways agree to each failback.</param>
    public static ForeseenChange? FirstOf(ClusterView cluster, DateTimeOffset now, bool othersAgree = false)
    {
        var (state, tiers, config) = (StateOf(cluster), StandingsOf(cluster), ConfigOf(cluster));
        var fleet = othersAgree ? default : DirectiveOf(cluster);
        foreach (var at in MomentsOf(cluster, now))
        {
            (state, var change) = FailoverMachine.Step(state, tiers, order: null, firstRound: true, config, ClockOf(at), fleet);
            if (change is { } first)
            {
                return new ForeseenChange(first.To, first.Reason, at);
            }
        }

        return null;
    }

    /// <summary>The place of the tier that takes over once the active one has nothing left; -1: none.</summary>
    public static int NextOf(ClusterView cluster, DateTimeOffset now)
    {
        var active = cluster.IndexOfActive;
        var tiers = cluster.Tiers.Select((tier, index) => index == active ? tier with { Weighed = TierHealth.Unavailable } : tier);
        return FirstOf(cluster with { UnableSince = now, Tiers = [.. tiers] }, now)?.To ?? -1;
    }

    /// <summary>The place of the tier that a release would give its share now; -1: none.</summary>
    public static int ReleasedOf(ClusterView cluster, DateTimeOffset now) => FailoverMachine.Step(
        StateOf(cluster),
        StandingsOf(cluster),
        new Order(Hold: null),
        firstRound: true,
        ConfigOf(cluster),
        ClockOf(now)).Change?.To ?? -1;

    private static ClusterState StateOf(ClusterView cluster) => new()
    {
        Settled = true,
        Active = cluster.IndexOfActive,
        ActiveSince = ClockOf(cluster.ActiveSince),
        ReturnedAt = cluster.ReturnedAt is { } returned ? ClockOf(returned) : null,
        Relapses = cluster.Relapses,
        UnableSince = cluster.UnableSince is { } unable ? ClockOf(unable) : null,
        HealthySince = [.. cluster.Tiers.Select(static t => t.HealthySince is { } since ? ClockOf(since) : (TimeSpan?)null)],
        Held = cluster.Hold is { } hold && cluster.IndexOf(hold.Tier) is >= 0 and var held
            ? new Hold(held, ClockOf(hold.Until), hold.Reason, hold.By)
            : null,
    };

    private static TierHealth[] StandingsOf(ClusterView cluster) => [.. cluster.Tiers.Select(static t => t.Weighed)];

    private static ClusterConfig ConfigOf(ClusterView cluster) => new()
    {
        Name = cluster.Name,
        Tiers = [],
        Failover = new FailoverConfig { SwitchAfter = cluster.SwitchAfter },
        Failback = new FailbackConfig
        {
            Auto = cluster.FailsBack,
            After = cluster.FailbackAfter ?? cluster.FailbackWait,
            Ramp = cluster.Ramp,
        },
    };

    private static FleetDirective DirectiveOf(ClusterView cluster)
    {
        var mayReturn = 0u;
        for (var index = 0; index < cluster.Tiers.Length && index < 32; index++)
        {
            mayReturn |= cluster.Tiers[index].MayReturn ? 1u << index : 0;
        }

        return new FleetDirective(cluster.Gateways > 0, mayReturn, Call: null);
    }

    // Now; and when a patience, a hold or a wait is over, or past relapses are forgotten.
    private static SortedSet<DateTimeOffset> MomentsOf(ClusterView cluster, DateTimeOffset now)
    {
        SortedSet<DateTimeOffset> moments = [now];
        void Add(DateTimeOffset at)
        {
            if (at > now)
            {
                moments.Add(at);
            }
        }

        Add((cluster.UnableSince ?? now) + cluster.SwitchAfter);
        Add(cluster.Hold?.Until ?? now);
        Add(cluster.ActiveSince + FailoverTimers.Forget);
        foreach (var tier in cluster.Tiers)
        {
            Add((tier.HealthySince ?? now) + cluster.FailbackWait);
            Add((tier.HealthySince ?? now) + (cluster.FailbackAfter ?? cluster.FailbackWait));
        }

        return moments;
    }

    // The machine's clock may begin anywhere.
    private static TimeSpan ClockOf(DateTimeOffset at) => at - DateTimeOffset.UnixEpoch;
}

/// <summary>A change of the active tier that time alone brings.</summary>
/// <param name="To">The place of the tier that takes over; -1: none, and the fallback chain answers.</param>
/// <param name="Reason">What leads to it.</param>
/// <param name="At">When.</param>
internal readonly record struct ForeseenChange(int To, TransitionReason Reason, DateTimeOffset At);
