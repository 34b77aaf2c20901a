using Gateway.Configuration.Model;
using Gateway.Failover.Comparison;

namespace Gateway.Failover;

/// <summary>What time alone changes in a cluster's state: how long a tier has been able, ramps, holds, past relapses. Pure.</summary>
internal static class FailoverTimers
{
    /// <summary>The wait for a failback is doubled up to this, unless <c>failback.after</c> itself is longer.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    /// <summary>A tier that held for this long after its return did not relapse; past relapses are forgotten.</summary>
    public static readonly TimeSpan Forget = TimeSpan.FromMinutes(10);

    private const double FirstShare = 0.1;

    // In a ramp's time a share that makes up for a pause would grow by this: it does not jump, and is whole in time all the same.
    private const double FastestGrowth = 2;

    /// <summary>
    /// The active tier's share: 1, or what its ramp has reached. It grows evenly over the ramp's time. While the tier looks worse than the
    /// one that carries the rest it stands, in the first half of that time; from then on it makes up for it, so that it is whole in time.
    /// </summary>
    public static double ShareOf(ClusterState state, FailbackConfig failback, TimeSpan now)
    {
        if (state is not { RampFrom: >= 0, ReturnedAt: { } start } || failback.Ramp <= TimeSpan.Zero)
        {
            return 1;
        }

        var passed = (now - start) / failback.Ramp;
        var grown = FirstShare + ((1 - FirstShare) * (state.IsInDoubt ? (passed * 2) - 1 : passed));
        if (state.RampShare > 0)
        {
            var most = state.RampShare + (FastestGrowth * ((now - state.RampShareAt) / failback.Ramp));
            grown = Math.Max(state.RampShare, Math.Min(grown, most));
        }

        return Math.Clamp(grown, FirstShare, 1);
    }

    /// <summary>How long a better tier must have been able before it takes over.</summary>
    public static TimeSpan WaitOf(int relapses, FailbackConfig failback)
    {
        var longest = failback.After > LongestWait ? failback.After : LongestWait;
        var wait = failback.After * (1L << Math.Min(relapses, 16));
        return wait < longest ? wait : longest;
    }

    /// <summary>The state with its timers brought up to date.</summary>
    public static ClusterState Update(
        ClusterState state, ReadOnlySpan<TierHealth> tiers, FailbackConfig failback, ComparisonResult compared, TimeSpan now)
    {
        var able = new TimeSpan?[tiers.Length];
        for (var index = 0; index < able.Length; index++)
        {
            var since = index < state.HealthySince.Length ? state.HealthySince[index] : null;
            able[index] = tiers[index] == TierHealth.Healthy ? since ?? now : null;
        }

        var unable = state.Active >= 0 && tiers[state.Active] < TierHealth.Unverified ? state.UnableSince ?? now : (TimeSpan?)null;
        state = state with { HealthySince = [.. able], UnableSince = unable };
        if (state.Held is { } held && now >= held.Until)
        {
            state = state with { Held = null };
        }

        if (state.RampFrom >= 0 && (ShareOf(state, failback, now) >= 1 || tiers[state.RampFrom] == TierHealth.Unavailable))
        {
            state = state with { RampFrom = -1 };
        }

        // Up to now the share has grown as it did; from now on it grows or stands by what is known now.
        state = state.RampFrom < 0
            ? state with { RampShare = 0, IsInDoubt = false }
            : state with { RampShare = ShareOf(state, failback, now), RampShareAt = now, IsInDoubt = compared.Doubt is not null };

        // On a later tier relapses are not forgotten, or a long wait would undo itself.
        var proven = unable is null
            && state.RampFrom < 0
            && (state.ReturnedAt is not null || state.Active == 0)
            && now - state.ActiveSince >= Forget;
        return proven ? state with { ReturnedAt = null, Relapses = 0 } : state;
    }
}
