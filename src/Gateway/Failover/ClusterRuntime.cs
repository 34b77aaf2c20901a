using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Failover.Comparison;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>
/// One cluster as the loop keeps it: configuration in force, destinations under watch, the machine's state. Only the loop touches it.
/// </summary>
internal sealed class ClusterRuntime
{
    /// <summary>A first round of probes that takes longer than this is over all the same.</summary>
    public static readonly TimeSpan LongestFirstRound = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _born;

    public ClusterRuntime(ClusterConfig config, Func<DnsName, IReadOnlyList<ResolvedEndpoint>> endpoints, TimeProvider time, TimeSpan now)
    {
        _born = now;
        Config = config;
        Tiers = BuildTiers(config, [], endpoints, isRunning: false, time, now);
        Neighbours = new ClusterNeighbours(Tiers, config.Passive.MaxEjected);
        State = new ClusterState { ActiveSince = now };
        Cluster = new Cluster(config.Name, SnapshotNow(now), config.Timeouts.FirstByte);
        Use(TlsOf(config));
    }

    /// <summary>What requests see.</summary>
    public Cluster Cluster { get; }

    /// <summary>The configuration in force.</summary>
    public ClusterConfig Config { get; private set; }

    /// <summary>In order.</summary>
    public TierRuntime[] Tiers { get; private set; }

    /// <summary>What the destinations say about one of them.</summary>
    public ClusterNeighbours Neighbours { get; private set; }

    /// <summary>What the machine remembers.</summary>
    public ClusterState State { get; set; }

    /// <summary>How a tier in its ramp compares with the one that carries the rest.</summary>
    public RampWatch Ramp { get; } = new();

    /// <summary>The active tier's name before a reload took it away.</summary>
    public string? GoneTier { get; set; }

    /// <summary>The last announced change.</summary>
    public Transition? LastTransition { get; set; }

    /// <summary>Something that requests see has changed and is not yet published.</summary>
    public bool Dirty { get; set; } = true;

    /// <summary>The health of a destination may have changed since <see cref="Health"/>.</summary>
    public bool HealthChanged { get; set; } = true;

    /// <summary>Health as it was announced last; null: nothing was yet.</summary>
    public ClusterHealth? Health { get; set; }

    /// <summary>What the fleet said last; null: this gateway decides alone.</summary>
    public FleetGuidance? Guidance { get; set; }

    /// <summary>When it said so.</summary>
    public TimeSpan GuidedAt { get; set; }

    /// <summary>What the fleet says, if that still counts; null: this gateway decides alone.</summary>
    public FleetGuidance? GuidanceAt(TimeSpan now) => FleetGuidance.CountsAt(GuidedAt, now) ? Guidance : null;

    /// <summary>The tier that has served alone for so long that what responses take now is what it takes; null: none has.</summary>
    public string? SettledTier(TimeSpan now) =>
        State is { Settled: true, Active: >= 0, RampFrom: < 0, UnableSince: null }
        && (LastTransition is null || now - State.ActiveSince >= UsualTimes.Settled)
            ? Tiers[State.Active].Config.Name
            : null;

    /// <summary>The tier that this gateway left because it was worse than another, and when; null: none was.</summary>
    public (string Tier, TimeSpan At)? Aborted { get; set; }

    /// <summary>No tier serves.</summary>
    public bool Exhausted => State is { Settled: true, Active: -1 };

    /// <summary>
    /// When time alone may next change something here; zero: at any tick. A cluster whose first tier serves, with every destination as its
    /// last probe found it, changes by nothing but a probe that is due.
    /// </summary>
    public TimeSpan DueAt
    {
        get
        {
            if (State is not { Settled: true, Active: 0, RampFrom: < 0, UnableSince: null, Held: null })
            {
                return TimeSpan.Zero;
            }

            // What the fleet said last counts no longer then.
            var due = Guidance is null ? TimeSpan.MaxValue : GuidedAt + FleetGuidance.ValidFor;
            foreach (var timing in Cluster.Timings)
            {
                if (timing.HasAvoided)
                {
                    return TimeSpan.Zero;
                }
            }

            foreach (var tier in Tiers)
            {
                foreach (var watch in tier.Watches)
                {
                    var next = watch.DueAt;
                    due = next < due ? next : due;
                }
            }

            return due;
        }
    }

    /// <summary>All destinations.</summary>
    public IEnumerable<DestinationWatch> Watches => Tiers.SelectMany(t => t.Watches);

    /// <summary>
    /// Puts a changed configuration, or changed addresses, into force. Returns the destinations that are no longer needed.
    /// </summary>
    public IReadOnlyList<DestinationWatch> Rebuild(
        ClusterConfig config,
        Func<DnsName, IReadOnlyList<ResolvedEndpoint>> endpoints,
        TimeProvider time,
        TimeSpan now)
    {
        // First: its files may not load, and then nothing has changed.
        var tls = TlsOf(config);
        var before = Tiers;
        var names = before.Select(t => t.Config.Name).ToArray();
        Tiers = BuildTiers(config, before, endpoints, FirstRoundOver(now), time, now);
        Neighbours = new ClusterNeighbours(Tiers, config.Passive.MaxEjected);
        Use(tls);
        Config = config;
        GoneTier = State.Active >= 0 ? names[State.Active] : GoneTier;
        State = State.Remap(names, [.. config.Tiers.Select(t => t.Name)]);
        Dirty = true;
        HealthChanged = true;
        var kept = Watches.ToHashSet();
        return [.. before.SelectMany(t => t.Watches).Where(w => !kept.Contains(w))];
    }

    /// <summary>Every destination had a probe, or it took too long.</summary>
    public bool FirstRoundOver(TimeSpan now) =>
        now - _born >= LongestFirstRound
            || Tiers.All(t => t.Watches.Count > 0 && t.Watches.All(w => w.Monitor.State.Probes != ProbeOpinion.Unknown));

    /// <summary>What requests are to see.</summary>
    public ClusterSnapshot SnapshotNow(TimeSpan now) => new()
    {
        Tiers = [.. Tiers.Select((t, index) => TierEvaluator.SnapshotOf(t.Config, index, t.Load, t.Monitors, Config, now))],
        Active = Math.Max(-1, State.Active),
        RampFrom = State.RampFrom,
        RampShare = FailoverTimers.ShareOf(State, Config.Failback, now),
        Held = State.Held is { } held && held.Tier == State.Active,
    };

    private static TierRuntime[] BuildTiers(
        ClusterConfig config,
        TierRuntime[] before,
        Func<DnsName, IReadOnlyList<ResolvedEndpoint>> endpoints,
        bool isRunning,
        TimeProvider time,
        TimeSpan now)
    {
        var known =
            before.SelectMany(t => t.Watches).ToDictionary(w =>
                (w.Destination.Tier, w.Destination.Name, w.Destination.Url, w.Destination.HostName));
        var loads = before.ToDictionary(t => t.Config.Name, t => t.Load, StringComparer.Ordinal);
        return
        [
            .. config.Tiers.Select(tier => new TierRuntime(
                tier,
                LoadOf(tier, loads.GetValueOrDefault(tier.Name), time),
                [
                .. tier.Destinations.SelectMany(d => DestinationPlace.AllOf(d, endpoints)).Select(d => WatchOf(
                    config,
                    tier,
                    d,
                    known,
                    isRunning,
                    time,
                    now))])),
        ];
    }

    private static TierLoad LoadOf(TierConfig tier, TierLoad? known, TimeProvider time)
    {
        var load = known ?? new TierLoad();
        load.Adaptive = tier.FindsCapacity ? load.Adaptive ?? new AdaptiveLimit(time, Random.Shared.NextDouble) : null;
        return load;
    }

    private static DestinationWatch WatchOf(
        ClusterConfig config,
        TierConfig tier,
        DestinationPlace place,
        Dictionary<(string, string, Uri, string?), DestinationWatch> known,
        bool isRunning,
        TimeProvider time,
        TimeSpan now)
    {
        if (known.TryGetValue((tier.Name, place.Name, place.Url, place.HostName), out var watch))
        {
            watch.Monitor.Configure(config, place.Weight);
            watch.Monitor.Share.Priority = place.Priority;
            watch.Monitor.Share.Zone = place.Zone;
            watch.Destination.MaxInFlight = place.MaxInFlight ?? 0;
            return watch;
        }

        var destination = new Destination(config.Name, tier.Name, place.Name, place.Url, place.HostName)
        {
            MaxInFlight = place.MaxInFlight
            ?? 0
        };
        var monitor = new DestinationMonitor(destination, config, place.Weight, now)
        {
            Share = new DestinationShare(place.Weight)
            {
                Priority = place.Priority,
                Zone = place.Zone,
                SlowStart = new SlowStart(served: !isRunning),
            },
        };
        return new DestinationWatch(monitor, new Prober(destination, time), now);
    }

    private ClusterTls? TlsOf(ClusterConfig config) =>
        config.Tls is not { } tls ? null : Cluster.Tls?.Config == tls ? Cluster.Tls : new ClusterTls(config.Name, tls);

    private void Use(ClusterTls? tls)
    {
        Cluster.Tls = tls;
        foreach (var watch in Watches)
        {
            watch.Destination.Tls = tls;
        }
    }
}
