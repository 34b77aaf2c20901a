using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Rules;

/// <summary>The rules by which a destination's health changes. Pure: (state, evidence, now) → state.</summary>
internal static class DestinationHealth
{
    /// <summary>
    /// With no tier left, an ejection is not waited out: a half-open probe is offered this soon. Together with probes at the fast interval
    /// it brings users back to a live response within 2 s.
    /// </summary>
    public static readonly TimeSpan EjectionWhenExhausted = TimeSpan.FromSeconds(1);

    /// <summary>After this many times <c>ejectFor</c> without a new one, past ejections are forgotten.</summary>
    public const int ForgetAfterEjectFors = 10;

    /// <summary>
    /// A probe ended. The first one decides at once; after that <c>fall</c> failures or <c>rise</c> successes in a row do, and a single
    /// success when <paramref name="exhausted"/>: whatever answers beats the fallback chain. A destination that was down and came back
    /// while it was ejected was restarted: it gets its half-open probe now.
    /// </summary>
    public static HealthState OnProbe(HealthState state, bool passed, ProbeConfig probe, bool exhausted)
    {
        if (state.Probes == ProbeOpinion.Unknown)
        {
            return state with { Probes = passed ? ProbeOpinion.Up : ProbeOpinion.Down, Streak = 0 };
        }

        if (passed == (state.Probes == ProbeOpinion.Up))
        {
            return state with { Streak = 0 };
        }

        var streak = state.Streak + 1;
        if (!passed)
        {
            return streak >= probe.Fall ? state with { Probes = ProbeOpinion.Down, Streak = 0 } : state with { Streak = streak };
        }

        if (streak < probe.Rise && !exhausted)
        {
            return state with { Streak = streak };
        }

        var traffic = state.Traffic == TrafficOpinion.Ejected ? TrafficOpinion.HalfOpen : state.Traffic;
        return state with { Probes = ProbeOpinion.Up, Streak = 0, Traffic = traffic };
    }

    /// <summary>True: the last probe contradicted the health status, so the next one comes at the fast interval.</summary>
    public static bool WantsFastProbe(HealthState state) => state.Streak > 0;

    /// <summary>
    /// Traffic ejects it. Evidence that is still on its way from before an ejection does not lengthen it; nor do the many half-open probes
    /// that fail while no tier is left, for they are made early, and the time after such an outage must not pay for them.
    /// </summary>
    public static HealthState Eject(HealthState state, PassiveConfig passive, bool exhausted, TimeSpan now)
    {
        if (state.Traffic == TrafficOpinion.Ejected)
        {
            return state;
        }

        var ejections = exhausted ? Math.Max(1, state.Ejections) : state.Ejections + 1;
        return state with
        {
            Traffic = TrafficOpinion.Ejected,
            EjectedAt = now,
            EjectedUntil = now + EjectionOf(ejections - 1, passive),
            Ejections = ejections,
        };
    }

    /// <summary>The half-open probe succeeded.</summary>
    public static HealthState PassHalfOpenProbe(HealthState state, TimeSpan now) =>
        state.Traffic == TrafficOpinion.HalfOpen ? state with { Traffic = TrafficOpinion.Good, GoodSince = now } : state;

    /// <summary>An operator calls it ready: no waiting, but a half-open probe all the same.</summary>
    public static HealthState OfferHalfOpenProbe(HealthState state) =>
        state.Traffic == TrafficOpinion.Ejected ? state with { Traffic = TrafficOpinion.HalfOpen } : state;

    /// <summary>Time passed: an ejection ends in a half-open probe; after a long good time past ejections are forgotten.</summary>
    public static HealthState OnTick(HealthState state, PassiveConfig passive, bool exhausted, TimeSpan now)
    {
        if (state.Traffic == TrafficOpinion.Ejected
            && (now >= state.EjectedUntil || (exhausted && now - state.EjectedAt >= EjectionWhenExhausted)))
        {
            return state with { Traffic = TrafficOpinion.HalfOpen };
        }

        if (state is { Traffic: TrafficOpinion.Good, Ejections: > 0 } && now - state.GoodSince >= passive.EjectFor * ForgetAfterEjectFors)
        {
            return state with { Ejections = 0 };
        }

        return state;
    }

    /// <summary>The length of the ejection that follows <paramref name="before"/> others in a row.</summary>
    public static TimeSpan EjectionOf(int before, PassiveConfig passive)
    {
        // 2^20 x 1 ms is beyond every sensible maximum; the bound only keeps the product from overflowing.
        var length = passive.EjectFor * (1L << Math.Min(before, 20));
        return length < passive.MaxEjectFor ? length : passive.MaxEjectFor;
    }
}
