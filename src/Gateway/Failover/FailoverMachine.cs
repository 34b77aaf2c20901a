using Gateway.Configuration.Model;
using Gateway.Failover.Comparison;

namespace Gateway.Failover;

/// <summary>What an operator's command means to the machine.</summary>
/// <param name="Hold">Hold this; null: release.</param>
/// <param name="AtOnce">Of a release: the better tier takes all of it, without a ramp.</param>
internal readonly record struct Order(Hold? Hold, bool AtOnce = false);

/// <summary>The active tier changed; -1 stands for none, <see cref="ClusterState.Gone"/> for one that left the configuration.</summary>
internal readonly record struct Change(int From, int To, TransitionReason Reason)
{
    /// <summary>By what a tier in its ramp was worse than the one that takes over from it; null: that was not the reason.</summary>
    public ComparisonFinding? Worse { get; init; }
}

/// <summary>
/// What we do about a cluster, as one pure function: down at once, up slowly.
/// It never stays with a tier that cannot serve while another can (once <c>switchAfter</c> is over), and goes back to a better one only
/// after that has been able for <c>failback.after</c>. A tier that relapsed soon after its return must prove itself for twice as long the
/// next time.
/// </summary>
internal static class FailoverMachine
{
    /// <summary>
    /// One step. At most one change comes of it, and every change of <see cref="ClusterState.Active"/> after the first round is one.
    /// </summary>
    /// <param name="state">What is remembered.</param>
    /// <param name="tiers">What each tier is good for, the fleet's opinion weighed in.</param>
    /// <param name="order">An operator's order; null: none.</param>
    /// <param name="firstRound">The first round of probes is over.</param>
    /// <param name="config">The rules.</param>
    /// <param name="now">The loop's clock.</param>
    /// <param name="fleet">What the gateways agreed on; the default: this one decides alone.</param>
    /// <param name="compared">How a tier in its ramp compares with the one that carries the rest.</param>
    public static (ClusterState State, Change? Change) Step(
        ClusterState state,
        ReadOnlySpan<TierHealth> tiers,
        Order? order,
        bool firstRound,
        ClusterConfig config,
        TimeSpan now,
        FleetDirective fleet = default,
        ComparisonResult compared = default)
    {
        // 1. Bring the memory up to date. What an operator holds is not compared.
        compared = state.Held is { } held && held.Tier == state.Active ? default : compared;
        state = FailoverTimers.Update(state, tiers, config.Failback, compared, now);

        // 2. Before the first round is over.
        if (!state.Settled)
        {
            return Settle(state, tiers, order, firstRound, config.Failback, now);
        }

        // 3. An operator's order.
        if (order is { } given)
        {
            return ApplyOperatorCommand(state, given, tiers, config.Failback, now);
        }

        // 4. The active tier left the configuration.
        if (state.Active == ClusterState.Gone)
        {
            var best = BestOf(tiers);
            return Move(state, best, best < 0 ? TransitionReason.Exhausted : TransitionReason.Config, ramp: false, now);
        }

        // 5. Nothing serves: whatever can, takes over at once and whole.
        if (state.Active < 0)
        {
            var best = state.Held is { } wish && tiers[wish.Tier] >= TierHealth.Unverified ? wish.Tier : BestOf(tiers);
            return best < 0 ? (state, null) : Move(state, best, TransitionReason.Recovered, ramp: false, now);
        }

        // 6. The gateways agreed on a change that was not carried out here yet.
        if (fleet.Call is { } call && call.Epoch > state.Epoch)
        {
            (state, var followed) = ApplyFleetDecision(state with { Epoch = call.Epoch }, call, tiers, config.Failback, now);
            if (followed is not null)
            {
                return (state, followed);
            }
        }

        // 7. The active tier cannot serve.
        if (state.UnableSince is { } since)
        {
            return FailOver(state, tiers, config.Failover, since, now);
        }

        // 8. A tier in its ramp that is worse than the one that carries the rest; a better tier, or the one an operator wants.
        return state.RampFrom >= 0 ? Ramp(state, tiers, compared, now) : FailBack(state, config.Failback, fleet, now);
    }

    /// <summary>
    /// Follows the first round of probes quietly. What differs at its end, or when an operator gives an order, from the first tier, or from
    /// the one that served before a restart, is announced once.
    /// </summary>
    private static (ClusterState, Change?) Settle(
        ClusterState state, ReadOnlySpan<TierHealth> tiers, Order? order, bool firstRound, FailbackConfig failback, TimeSpan now)
    {
        var best = state.Resumed?.ActiveOf(tiers, mayBeUnverified: !firstRound || state.Held is not null) is >= 0 and var still
            ? still
            : BestOf(tiers);
        if (order is null && !firstRound)
        {
            return (state with { Active = best }, null);
        }

        var settled = state.Settle(tiers, now);
        if (order is { } given)
        {
            var led = settled.Active == best ? settled : settled with { Active = best, RampFrom = -1, ReturnedAt = null };
            return ApplyOperatorCommand(led, given, tiers, failback, now);
        }

        var relapse = settled.ReturnedAt is not null && settled.Active != best;
        return Move(
            relapse ? settled with { Relapses = settled.Relapses + 1 } : settled,
            best,
            best < 0 ? TransitionReason.Exhausted : relapse ? TransitionReason.Relapse : TransitionReason.Failover,
            ramp: false,
            now);
    }

    private static (ClusterState, Change?) ApplyOperatorCommand(
        ClusterState state,
        Order order,
        ReadOnlySpan<TierHealth> tiers,
        FailbackConfig failback,
        TimeSpan now)
    {
        if (order.Hold is { } hold)
        {
            state = state with { Held = hold };
            return hold.Tier != state.Active && tiers[hold.Tier] >= TierHealth.Unverified
                ? Move(state, hold.Tier, TransitionReason.Hold, ramp: false, now)
                : (state, null);
        }

        // A release in manual mode is the operator's word that the better tier may serve; in automatic mode its wait goes on counting.
        state = state with { Held = null };
        for (var index = 0; index < state.Active; index++)
        {
            if (state.HealthySince[index] is { } since
                && (!failback.Auto || now - since >= FailoverTimers.WaitOf(state.Relapses, failback)))
            {
                return Move(state, index, TransitionReason.Release, !order.AtOnce && failback.Ramp > TimeSpan.Zero, now);
            }
        }

        return (state, null);
    }

    private static (ClusterState, Change?) FailOver(
        ClusterState state,
        ReadOnlySpan<TierHealth> tiers,
        FailoverConfig failover,
        TimeSpan since,
        TimeSpan now)
    {
        var relapse = state.ReturnedAt is not null;
        var best = state.RampFrom >= 0 && tiers[state.RampFrom] >= TierHealth.Unverified ? state.RampFrom : BestOf(tiers);

        // A tier in its ramp gets no patience: the one that carries the rest is still there.
        var patient = state.RampFrom < 0 && now - since < failover.SwitchAfter;
        if (patient || best == state.Active || (best >= 0 && tiers[best] <= tiers[state.Active]))
        {
            return (state, null);
        }

        state = state with { Relapses = relapse ? state.Relapses + 1 : state.Relapses };
        return Move(
            state,
            best,
            best < 0 ? TransitionReason.Exhausted : relapse ? TransitionReason.Relapse : TransitionReason.Failover,
            ramp: false,
            now);
    }

    // A tier that is worse than the one that carries the rest is left, able as it is, and must prove itself anew.
    private static (ClusterState, Change?) Ramp(
        ClusterState state, ReadOnlySpan<TierHealth> tiers, ComparisonResult compared, TimeSpan now)
    {
        if (compared.Worse is not { } worse || tiers[state.RampFrom] < TierHealth.Unverified)
        {
            return (state, null);
        }

        state = state with { HealthySince = state.HealthySince.SetItem(state.Active, null), Relapses = state.Relapses + 1 };
        var (moved, change) = Move(state, state.RampFrom, TransitionReason.Relapse, ramp: false, now);
        return (moved, change is { } relapse ? relapse with { Worse = worse } : null);
    }

    // A tier that cannot serve from here is not followed; a failback needs one that is known to serve.
    private static (ClusterState, Change?) ApplyFleetDecision(
        ClusterState state,
        TierSwitchDecision call,
        ReadOnlySpan<TierHealth> tiers,
        FailbackConfig failback,
        TimeSpan now)
    {
        if (!call.Up)
        {
            // Votes are a moment old: what an operator holds stays while it can serve, with the majority's opinion weighed in.
            var isHeld = state.Held is { } held && held.Tier == state.Active && tiers[held.Tier] >= TierHealth.Unverified;
            if (isHeld || state.Active > call.From || state.Active >= call.To || tiers[call.To] < TierHealth.Unverified)
            {
                return (state, null);
            }

            // The others' evidence counts like our own: what they left must prove itself anew.
            var able = state.HealthySince.Select((since, index) => index < call.To ? null : since);
            var relapse = state.ReturnedAt is not null;
            return Move(
                state with
                {
                    HealthySince = [.. able],
                    Relapses = relapse ? state.Relapses + 1 : state.Relapses,
                }, call.To, relapse ? TransitionReason.Relapse : TransitionReason.Failover, ramp: false, now);
        }

        if (call.To < state.Active && tiers[call.To] == TierHealth.Healthy && state.Held is null)
        {
            var (moved, change) = Move(state, call.To, TransitionReason.Failback, failback.Ramp > TimeSpan.Zero, now);
            return (moved with { ReturnedAt = call.Since }, change);
        }

        // Started in the middle of a ramp: joins it where the others are.
        var joins = call.To == state.Active
            && state.RampFrom < 0
            && state.ActiveSince > call.Since
            && now - call.Since < failback.Ramp
            && tiers[call.From] >= TierHealth.Unverified;
        return (joins ? state with { RampFrom = call.From, ReturnedAt = call.Since } : state, null);
    }

    private static (ClusterState, Change?) FailBack(ClusterState state, FailbackConfig failback, FleetDirective fleet, TimeSpan now)
    {
        var wait = FailoverTimers.WaitOf(state.Relapses, failback);
        if (state.Held is { } held)
        {
            // The hold had to yield; it takes effect again once its tier has proved itself.
            return held.Tier != state.Active && state.HealthySince[held.Tier] is { } able && now - able >= wait
                ? Move(state, held.Tier, TransitionReason.Hold, ramp: false, now)
                : (state, null);
        }

        for (var index = 0; failback.Auto && index < state.Active; index++)
        {
            if (state.HealthySince[index] is { } since && now - since >= wait && fleet.AllowsFailback(index))
            {
                return Move(state, index, TransitionReason.Failback, failback.Ramp > TimeSpan.Zero, now);
            }
        }

        return (state, null);
    }

    private static (ClusterState, Change?) Move(ClusterState state, int to, TransitionReason reason, bool ramp, TimeSpan now)
    {
        var from = state.Active;
        if (to == from)
        {
            return (state, null);
        }

        var returns = reason is TransitionReason.Failback or TransitionReason.Release;
        return (
            state with
            {
                Active = to,
                ActiveSince = now,
                UnableSince = null,
                RampFrom = ramp ? from : -1,
                RampShare = 0,
                IsInDoubt = false,
                ReturnedAt = returns ? now : null
            },
            new Change(from, to, reason));
    }

    // The first that is able; else the first that may be; else the first that has anything at all; else none.
    private static int BestOf(ReadOnlySpan<TierHealth> tiers)
    {
        for (var wanted = TierHealth.Healthy; wanted > TierHealth.Unavailable; wanted--)
        {
            var index = tiers.IndexOf(wanted);
            if (index >= 0)
            {
                return index;
            }
        }

        return -1;
    }
}
