using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>A cluster for eyes: status page, <c>/status</c>, metrics. Immutable, at most 200 ms old.</summary>
/// <param name="Name">The key under <c>clusters</c>.</param>
/// <param name="Active">The tier that serves; null: exhausted.</param>
/// <param name="ActiveSince">Since when.</param>
/// <param name="RampFrom">The tier that carries the rest while <paramref name="Active"/> ramps up; null: no ramp.</param>
/// <param name="RampShare">The share of <paramref name="Active"/>, from 0 to 1.</param>
/// <param name="Hold">An operator's hold; null: none.</param>
/// <param name="FailbackWait">How long a better tier must be able before it takes over, relapses counted in.</param>
/// <param name="Timings">Each route's waits.</param>
/// <param name="LastTransition">The last change of the active tier; null: none yet.</param>
/// <param name="Tiers">In order.</param>
internal sealed record ClusterView(
    string Name,
    string? Active,
    DateTimeOffset ActiveSince,
    string? RampFrom,
    double RampShare,
    HoldView? Hold,
    TimeSpan FailbackWait,
    ImmutableArray<TimingView> Timings,
    Transition? LastTransition,
    ImmutableArray<TierView> Tiers)
{
    /// <summary>The active tier's place in <see cref="Tiers"/>; -1: there is none.</summary>
    public int IndexOfActive => IndexOf(Active);

    /// <summary>The first round of probes is over.</summary>
    public bool Settled { get; init; } = true;

    /// <summary><c>failback.mode</c> is <c>auto</c>.</summary>
    public bool FailsBack { get; init; } = true;

    /// <summary><c>failback.ramp</c>.</summary>
    public TimeSpan Ramp { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// <c>failback.after</c>: the wait once past relapses are forgotten; null: there are none, and it is <see cref="FailbackWait"/>.
    /// </summary>
    public TimeSpan? FailbackAfter { get; init; }

    /// <summary>Relapses in a row, which <see cref="FailbackWait"/> counts in.</summary>
    public int Relapses { get; init; }

    /// <summary>When the active tier took over by failback, while that is not long ago; null: it did not.</summary>
    public DateTimeOffset? ReturnedAt { get; init; }

    /// <summary>When the ramp began; null: no ramp.</summary>
    public DateTimeOffset? RampSince { get; init; }

    /// <summary>By what the active tier looks worse than <c>RampFrom</c>, so that its share does not grow; empty: it does not.</summary>
    public string LooksWorseBy { get; init; } = "";

    /// <summary>Since when the active tier cannot serve; null: it can.</summary>
    public DateTimeOffset? UnableSince { get; init; }

    /// <summary><c>failover.switchAfter</c>.</summary>
    public TimeSpan SwitchAfter { get; init; }

    /// <summary>How many gateways decide together, this one included; 0: this one decides alone.</summary>
    public int Gateways { get; init; }

    /// <summary>Fewer tiers or destinations can serve than the next failure needs; see <see cref="Redundancy"/>.</summary>
    public bool RedundancyLost { get; init; }

    /// <summary>The longest wait of its routes before a second attempt starts; null: none is known yet.</summary>
    public TimeSpan? HedgeDelay => Timings.Max(t => t.HedgeDelay);

    /// <summary>A tier's place in <see cref="Tiers"/>; -1: it is none of them.</summary>
    public int IndexOf(string? tier)
    {
        for (var index = 0; index < Tiers.Length; index++)
        {
            if (string.Equals(Tiers[index].Name, tier, StringComparison.Ordinal))
            {
                return index;
            }
        }

        return -1;
    }
}

/// <summary>The waits of one route.</summary>
/// <param name="Route">Its name.</param>
/// <param name="HedgeDelay">When a second attempt starts; null: not known yet.</param>
/// <param name="LateAfter">From when lateness is a failure.</param>
internal sealed record TimingView(string Route, TimeSpan? HedgeDelay, TimeSpan LateAfter);

/// <summary>An operator's hold.</summary>
/// <param name="By">Who holds it, as far as it is known.</param>
internal sealed record HoldView(string Tier, DateTimeOffset Until, string Reason, bool Yielded, string? By = null);

/// <summary>A tier for eyes.</summary>
/// <param name="Name">Unique inside the cluster.</param>
/// <param name="Standing">What it is good for.</param>
/// <param name="Share">Its share of the cluster's requests, from 0 to 1.</param>
/// <param name="Healthy">Destinations that may take requests.</param>
/// <param name="Needed">How many it needs.</param>
/// <param name="HealthySince">Since when it has been able to serve without a break; null: it is not.</param>
/// <param name="InFlight">Requests under way.</param>
/// <param name="Capacity">How many it can carry; null: unlimited.</param>
/// <param name="Destinations">All of them.</param>
internal sealed record TierView(
    string Name,
    TierHealth Standing,
    double Share,
    int Healthy,
    int Needed,
    DateTimeOffset? HealthySince,
    int InFlight,
    int? Capacity,
    ImmutableArray<DestinationView> Destinations)
{
    /// <summary>What it counts for when a tier is left: <see cref="Standing"/> with the other gateways' votes weighed in.</summary>
    public TierHealth Weighed { get; init; } = Standing;

    /// <summary>Gateways that cannot use it, this one included; 0: none, or this one decides alone.</summary>
    public int DownVotes { get; init; }

    /// <summary>This gateway may go back to it on its own proof; false: half of the gateways must hold it ready.</summary>
    public bool MayReturn { get; init; } = true;

    /// <summary>It has lost destinations, not counting those that an operator drains.</summary>
    public bool Degraded => Destinations.Any(static d => d.Lost);
}

/// <summary>A destination for eyes.</summary>
/// <param name="Name">Unique inside the cluster.</param>
/// <param name="Url">Where it is.</param>
/// <param name="Weight">Its share beside its neighbours.</param>
/// <param name="HealthStatus">What is held true of it.</param>
/// <param name="Since">Since when.</param>
/// <param name="Why">What it rests on, in words.</param>
/// <param name="Draining">An operator drains it.</param>
/// <param name="Suspect">Others are preferred.</param>
/// <param name="Phi">The suspicion from silence; from 8 it is a suspect.</param>
/// <param name="AvoidedBy">Routes whose requests prefer other destinations for a while.</param>
/// <param name="EjectedUntil">The end of its ejection; null: it is not ejected.</param>
/// <param name="Ejections">Ejections in a row.</param>
/// <param name="InFlight">Requests under way.</param>
/// <param name="Share">Its share of the cluster's good responses in about the last twenty seconds, from 0 to 1; null: there were
/// none.</param>
/// <param name="P99">99 of 100 of these were there within this time; null: there were none.</param>
/// <param name="LastProbe">The last probe's result; null before the first.</param>
/// <param name="LastProbeAt">When it ended; null before the first.</param>
/// <param name="ProbeAge">How long ago it ended (before the first: since the destination is known).</param>
internal sealed record DestinationView(
    string Name,
    Uri Url,
    int Weight,
    HealthStatus HealthStatus,
    DateTimeOffset Since,
    string Why,
    bool Draining,
    bool Suspect,
    double Phi,
    ImmutableArray<string> AvoidedBy,
    DateTimeOffset? EjectedUntil,
    int Ejections,
    int InFlight,
    double? Share,
    TimeSpan? P99,
    ProbeResult? LastProbe,
    DateTimeOffset? LastProbeAt,
    TimeSpan ProbeAge)
{
    /// <summary>Half of its latest good responses were there within this time; null: there were none.</summary>
    public TimeSpan? P50 { get; init; }

    /// <summary>90 of 100 of them were there within this time; null: there were none.</summary>
    public TimeSpan? P90 { get; init; }

    /// <summary>What failed when it was lost, in a few words; empty: nothing did.</summary>
    public string Cause { get; init; } = "";

    /// <summary>The operator who drains it and why, as far as known; null: it is not drained, or not known.</summary>
    public DrainView? Drain { get; init; }

    /// <summary>Where it is; null: not known.</summary>
    public string? Zone { get; init; }

    /// <summary>The share of its requests that it gets while it starts slowly, 0.1 to 1; null: it does not.</summary>
    public double? StartShare { get; init; }

    /// <summary>What signals hold of it.</summary>
    public ImmutableArray<SignalView> Signals { get; init; } = [];

    /// <summary>What they do to it.</summary>
    public SignalEffect SignalEffect { get; init; }

    /// <summary>The share of its weight that they leave it, above 0; null: all of it.</summary>
    public double? SignalShare { get; init; }

    /// <summary>The weight that an operator gave it in place of the configuration's; null: none did.</summary>
    public WeightView? WeightOrder { get; init; }

    /// <summary>What is forecast of it; null: nothing is.</summary>
    public ForecastView? Forecast { get; init; }

    /// <summary>Its health keeps it from serving.</summary>
    public bool Lost => HealthStatus is HealthStatus.Down or HealthStatus.Ejected or HealthStatus.HalfOpen;
}

/// <summary>An operator's weight of a destination.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Configured">The configuration's.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">The operator's words; null: none were given.</param>
/// <param name="By">Who, as far as it is known.</param>
internal sealed record WeightView(int Weight, int Configured, DateTimeOffset Since, string? Reason, string? By);

/// <summary>An operator's drain.</summary>
/// <param name="Since">Since when.</param>
/// <param name="Reason">The operator's words; null: none were given.</param>
/// <param name="By">Who, as far as it is known.</param>
/// <param name="Until">Until then the conversations that are there go on; null: they do not.</param>
internal sealed record DrainView(DateTimeOffset Since, string? Reason, string? By, DateTimeOffset? Until = null);
