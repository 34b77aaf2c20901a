using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Health;

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

    /// <summary>What the machine remembers.</summary>
    public ClusterState State { get; set; }

    /// <summary>The active tier's name before a reload took it away.</summary>
    public string? GoneTier { get; private set; }

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
    public FleetGuidance? GuidanceAt(TimeSpan now) => now - GuidedAt <= FleetGuidance.ValidFor ? Guidance : null;

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
    public IReadOnlyList<DestinationWatch> Rebuild(ClusterConfig config, Func<DnsName, IReadOnlyList<ResolvedEndpoint>> endpoints, TimeProvider time, TimeSpan now)
    {
        // First: its files may not load, and then nothing has changed.
        var tls = TlsOf(config);
        var before = Tiers;
        var names = before.Select(t => t.Config.Name).ToArray();
        Tiers = BuildTiers(config, before, endpoints, FirstRoundOver(now), time, now);
        Use(tls);
        Config = config;
        GoneTier = State.Active >= 0 ? names[State.Active] : GoneTier;
        State = FailoverMachine.Remap(State, names, [.. config.Tiers.Select(t => t.Name)]);
        Dirty = true;
        HealthChanged = true;
        var kept = Watches.ToHashSet();
        return [.. before.SelectMany(t => t.Watches).Where(w => !kept.Contains(w))];
    }

    /// <summary>Every destination had a probe, or it took too long.</summary>
    public bool FirstRoundOver(TimeSpan now) =>
        now - _born >= LongestFirstRound || Tiers.All(t => t.Watches.Count > 0 && t.Watches.All(w => w.Monitor.State.Probes != ProbeOpinion.Unknown));

    /// <summary>Another destination than <paramref name="one"/> is healthy and not suspect.</summary>
    public bool HasSpare(DestinationMonitor one)
    {
        foreach (var tier in Tiers)
        {
            foreach (var other in tier.Monitors)
            {
                if (other != one && other is { Serving: true, Suspect: false })
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>No destination but <paramref name="one"/> serves.</summary>
    public bool IsLast(DestinationMonitor one)
    {
        foreach (var tier in Tiers)
        {
            foreach (var other in tier.Monitors)
            {
                if (other != one && other.Serving)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Some destination has served other routes than this one of late.</summary>
    public bool OthersServed(string route, TimeSpan now)
    {
        foreach (var tier in Tiers)
        {
            foreach (var monitor in tier.Monitors)
            {
                monitor.CountSuccesses(now);
                if (monitor.OthersThan(route, now).Successes > 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// The tier of <paramref name="one"/> may lose it to traffic and still have what <c>passive.maxEjected</c> leaves it.
    /// </summary>
    public bool HasRoom(DestinationMonitor one)
    {
        foreach (var tier in Tiers)
        {
            if (Array.IndexOf(tier.Monitors, one) >= 0)
            {
                var missing = 0;
                foreach (var other in tier.Monitors)
                {
                    missing += other != one && !other.Serving ? 1 : 0;
                }

                return missing + 1 <= EjectionRule.MostEjected(tier.Monitors.Length, Config.Passive.MaxEjected);
            }
        }

        return false;
    }

    /// <summary>
    /// A destination that did not fail this route lately serves it while <paramref name="record"/> of <paramref name="one"/> does not.
    /// </summary>
    public bool NeighboursServe(DestinationMonitor one, RouteFailureTracker record)
    {
        var begins = record.Baseline is null;
        var baseline = record.Baseline ??= new Dictionary<DestinationMonitor, RouteCount>(ReferenceEqualityComparer.Instance);
        foreach (var tier in Tiers)
        {
            foreach (var other in tier.Monitors)
            {
                if (other == one || !other.Serving)
                {
                    continue;
                }

                var theirs = other.Find(record.Route);
                var total = theirs?.Total ?? default;
                if (begins)
                {
                    baseline[other] = total;
                    continue;
                }

                var failedToo = theirs is { Avoidance: >= RouteAvoidance.Suspected } || theirs?.AvoidedSince >= record.RunBegan;
                if (!failedToo && baseline.TryGetValue(other, out var before) && NeighbourComparison.IsBetter(total - before, record.AtSuspicion))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>What requests are to see.</summary>
    public ClusterSnapshot SnapshotNow(TimeSpan now) => new()
    {
        Tiers = [.. Tiers.Select((t, index) => TierEvaluator.SnapshotOf(t.Config, index, t.Load, t.Monitors, Config.Failover, now))],
        Active = Math.Max(-1, State.Active),
        RampFrom = State.RampFrom,
        RampShare = FailoverMachine.ShareOf(State, Config.Failback, now),
        Held = State.Held is { } held && held.Tier == State.Active,
    };

    private static TierRuntime[] BuildTiers(ClusterConfig config, TierRuntime[] before, Func<DnsName, IReadOnlyList<ResolvedEndpoint>> endpoints, bool isRunning, TimeProvider time, TimeSpan now)
    {
        var known = before.SelectMany(t => t.Watches).ToDictionary(w => (w.Destination.Tier, w.Destination.Name, w.Destination.Url, w.Destination.HostName));
        var loads = before.ToDictionary(t => t.Config.Name, t => t.Load, StringComparer.Ordinal);
        return
        [
            .. config.Tiers.Select(tier => new TierRuntime(
                tier,
                LoadOf(tier, loads.GetValueOrDefault(tier.Name), time),
                [.. tier.Destinations.SelectMany(d => DestinationPlace.AllOf(d, endpoints)).Select(d => WatchOf(config, tier, d, known, isRunning, time, now))])),
        ];
    }

    private static TierLoad LoadOf(TierConfig tier, TierLoad? known, TimeProvider time)
    {
        var load = known ?? new TierLoad();
        load.Adaptive = tier.FindsCapacity ? load.Adaptive ?? new AdaptiveLimit(time, Random.Shared.NextDouble) : null;
        return load;
    }

    private static DestinationWatch WatchOf(
        ClusterConfig config, TierConfig tier, DestinationPlace place, Dictionary<(string, string, Uri, string?), DestinationWatch> known, bool isRunning, TimeProvider time, TimeSpan now)
    {
        if (known.TryGetValue((tier.Name, place.Name, place.Url, place.HostName), out var watch))
        {
            watch.Monitor.Configure(config, place.Weight);
            watch.Monitor.Share.Priority = place.Priority;
            watch.Destination.MaxInFlight = place.MaxInFlight ?? 0;
            return watch;
        }

        var destination = new Destination(config.Name, tier.Name, place.Name, place.Url, place.HostName) { MaxInFlight = place.MaxInFlight ?? 0 };
        var monitor = new DestinationMonitor(destination, config, place.Weight, now)
        {
            Share = new DestinationShare(place.Weight) { Priority = place.Priority, SlowStart = new SlowStart(served: !isRunning) },
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
