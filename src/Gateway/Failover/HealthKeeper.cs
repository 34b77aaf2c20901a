using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>From probes and evidence to what is held true of destinations. Only the failover loop touches it.</summary>
/// <param name="clusters">The clusters.</param>
/// <param name="decider">Has its turn when the next piece of evidence must already meet another cluster.</param>
/// <param name="report">Takes a probe's result back to the loop; never throws. Null: a replay, which sends none.</param>
/// <param name="probed">Told how long each probe took; must not wait.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class HealthKeeper(
    ClusterTable clusters,
    ClusterDecider decider,
    Func<DestinationWatch, int, ProbeResult, ValueTask>? report,
    Action<TimeSpan>? probed,
    TimeProvider time,
    ILogger logger)
{
    private const int MostDiscardedProbes = 3;
    private static readonly TimeSpan TimingEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DecayEvery = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logger;
    private LocalHealthGuard _suspicion;
    private long _withoutSocketAt = long.MinValue;
    private TimeSpan _nextTiming;
    private TimeSpan _nextDecay = DecayEvery;

    /// <summary>Told of every probe that starts. Null: nothing is recorded.</summary>
    public Action<Destination>? Started { get; set; }

    /// <summary>How long ago a probe could not be sent because the process had no socket for it; null: never. Any thread may ask.</summary>
    public TimeSpan? SinceWithoutSocket =>
        Volatile.Read(ref _withoutSocketAt) is > long.MinValue and var at ? time.GetElapsedTime(at) : null;

    /// <summary>Time passed: probes that are due begin, and what is held true of destinations is looked at again.</summary>
    public void OnTick(ClusterRuntime cluster, TimeSpan now)
    {
        foreach (var watch in cluster.Watches)
        {
            var before = watch.Monitor.State.HealthStatus;
            cluster.Dirty |= watch.Monitor.OnTick(cluster.Exhausted, now);
            Announce(cluster, watch.Monitor, before);
            Probe(watch, now);
        }

        Reconsider(cluster, now);
    }

    /// <summary>
    /// Looks at this process before anything is judged: evidence that waited for a loop that was late itself is not to be believed.
    /// </summary>
    /// <param name="tickPlannedAt">When the loop should have ticked.</param>
    /// <param name="now">The loop's clock.</param>
    public void SuspectOurselves(TimeSpan tickPlannedAt, TimeSpan now)
    {
        var doubted = _suspicion.Doubts(now);
        _suspicion = _suspicion.OnTick(tickPlannedAt, now);
        if (!doubted && _suspicion.Doubts(now))
        {
            Starved(LocalHealthGuard.Grace.TotalSeconds);
        }
    }

    /// <summary>True: this process was starved just now, so that times say more of it than of destinations.</summary>
    public bool DoubtsOurselves(TimeSpan now) => _suspicion.Doubts(now);

    private void Probe(DestinationWatch watch, TimeSpan now)
    {
        // A probe has its own deadline; one that ignores it is given up, so that the next can start.
        if (watch.Probing && now > watch.GivenUpAt)
        {
            OnProbe(watch, watch.Round, new ProbeResult(ProbeOutcome.TimedOut, now - watch.StartedAt), now);
        }

        if (!watch.Probing && now >= watch.NextAt && report is not null)
        {
            watch.Start(now, report);
            Started?.Invoke(watch.Destination);
        }
    }

    /// <summary>A probe ended; false: it was given up before, and means nothing.</summary>
    public bool OnProbe(DestinationWatch watch, int round, ProbeResult result, TimeSpan now)
    {
        if (round != watch.Round || !watch.Probing || clusters.Find(watch.Destination) is not { } entry)
        {
            return false;
        }

        var cluster = entry.Cluster;
        var monitor = watch.Monitor;
        watch.Ended();
        probed?.Invoke(result.Duration);
        ProbeEnded(monitor.Destination.Cluster, monitor.Destination.Name, result.Words, result.Duration.TotalMilliseconds);
        if (result.IsWithoutSocket)
        {
            // Says nothing however often it comes: the known state stays, and the reason is shown.
            Volatile.Write(ref _withoutSocketAt, time.GetTimestamp());
            watch.NextAt = ProbeSchedule.Next(watch.StartedAt, now, fast: true, monitor.Config.Probe, 0);
            return true;
        }

        if (result.OurFault && watch.Discarded < MostDiscardedProbes)
        {
            watch.Discarded++;
            watch.NextAt = now;
            return true;
        }

        watch.Discarded = 0;
        var before = monitor.State.HealthStatus;
        cluster.Dirty |= monitor.OnProbe(result, AroundOf(cluster, monitor, null, cluster.Config.Timeouts.FirstByte, now), now);
        Announce(cluster, monitor, before);
        var doubted = !result.Passed && _suspicion.Doubts(now);
        var fast = cluster.Exhausted || doubted || DestinationHealth.WantsFastProbe(monitor.State);
        watch.NextAt = watch.Round == 1 && !fast
            ? ProbeSchedule.Second(watch.StartedAt, now, monitor.Config.Probe, Random.Shared.NextDouble())
            : ProbeSchedule.Next(watch.StartedAt, now, fast, monitor.Config.Probe, (Random.Shared.NextDouble() * 2) - 1);
        return true;
    }

    /// <summary>An attempt showed something.</summary>
    public void OnEvidence(in Evidence evidence, TimeSpan now)
    {
        if (clusters.Find(evidence.Destination) is not { } entry)
        {
            return;
        }

        var monitor = entry.Watch.Monitor;
        var before = monitor.State.HealthStatus;
        entry.Cluster.Dirty |= monitor.OnEvidence(
            evidence,
            AroundOf(entry.Cluster, monitor, evidence.Route, entry.Cluster.Cluster.TimingOf(evidence.Route).LateAfter, now),
            now);
        Announce(entry.Cluster, monitor, before);
        if (monitor.Find(evidence.Route) is { Avoidance: > RouteAvoidance.None })
        {
            entry.Cluster.Cluster.TimingOf(evidence.Route).HasAvoided = true;
        }

        if (evidence.Kind is EvidenceKind.Connect or EvidenceKind.Reset or EvidenceKind.Timeout || monitor.Suspect)
        {
            entry.Watch.Hasten(now);
        }

        // The next piece of evidence in this batch must already meet the cluster that this one leaves.
        if (entry.Cluster.Dirty)
        {
            decider.Evaluate(entry.Cluster, order: null, command: null, now);
        }
    }

    private HealthContext AroundOf(ClusterRuntime cluster, DestinationMonitor monitor, string? route, TimeSpan lateAfter, TimeSpan now) =>
        new(
            cluster.Exhausted,
            cluster.Neighbours.HasSpare(monitor),
            _suspicion.Doubts(now),
            lateAfter,
            cluster.Neighbours.IsLast(monitor),
            cluster.Neighbours.HasRoom(monitor),
            route is not null && cluster.Neighbours.OthersServed(route, now));

    /// <summary>Derives the waits from the latencies of the last seconds, once a second.</summary>
    public void Measure(TimeSpan now)
    {
        if (now < _nextTiming)
        {
            return;
        }

        _nextTiming = now + TimingEvery;
        foreach (var cluster in clusters.All)
        {
            var settled = cluster.SettledTier(now);
            foreach (var timing in cluster.Cluster.Timings)
            {
                timing.Measure(cluster.Config.Timeouts, now);
                if (settled is not null)
                {
                    timing.Learn(settled, now);
                }

                if (now >= _nextDecay)
                {
                    timing.Decay();
                }
            }
        }

        if (now >= _nextDecay)
        {
            foreach (var destination in clusters.Destinations)
            {
                destination.Latency.Decay();
            }

            _nextDecay = now + DecayEvery;
        }
    }

    // Routes that are avoided somewhere: whether neighbours serve them, and whether by now more than that route fails. Requests look only
    // where a route says so.
    private void Reconsider(ClusterRuntime cluster, TimeSpan now)
    {
        foreach (var timing in cluster.Cluster.Timings)
        {
            if (!timing.HasAvoided)
            {
                continue;
            }

            var any = false;
            foreach (var tier in cluster.Tiers)
            {
                foreach (var monitor in tier.Monitors)
                {
                    if (monitor.Find(timing.Route) is not { Avoidance: >= RouteAvoidance.Deferred } record)
                    {
                        continue;
                    }

                    any = true;
                    if (record.Avoidance == RouteAvoidance.Suspected)
                    {
                        record.NeighboursServe = cluster.Neighbours.Serve(monitor, record);
                    }

                    if (record.Avoidance >= RouteAvoidance.Suspected)
                    {
                        var before = monitor.State.HealthStatus;
                        cluster.Dirty |= monitor.Reconsider(record, AroundOf(cluster, monitor, timing.Route, timing.LateAfter, now), now);
                        Announce(cluster, monitor, before);
                    }
                }
            }

            timing.HasAvoided = any;
        }
    }

    private void Announce(ClusterRuntime cluster, DestinationMonitor monitor, HealthStatus before)
    {
        var after = monitor.State.HealthStatus;
        if (after == before)
        {
            return;
        }

        cluster.HealthChanged = true;
        var destination = monitor.Destination;
        if (after is HealthStatus.Down or HealthStatus.Ejected)
        {
            LogWorse(destination.Cluster, destination.Tier, destination.Name, before, after, monitor.Why);
        }
        else
        {
            LogBetter(destination.Cluster, destination.Tier, destination.Name, before, after, monitor.Why);
        }
    }

    [LoggerMessage(4004, LogLevel.Warning, "Destination '{Destination}' of tier '{Tier}' in cluster '{Cluster}' went from {Before} to "
        + "{After}: {Why}.")]
    private partial void LogWorse(string cluster, string tier, string destination, HealthStatus before, HealthStatus after, string why);

    [LoggerMessage(4005, LogLevel.Information, "Destination '{Destination}' of tier '{Tier}' in cluster '{Cluster}' went from {Before} to "
        + "{After}: {Why}.")]
    private partial void LogBetter(string cluster, string tier, string destination, HealthStatus before, HealthStatus after, string why);

    [LoggerMessage(4006, LogLevel.Debug, "The probe of destination '{Destination}' in cluster '{Cluster}' {Outcome} after {Milliseconds} "
        + "ms.")]
    private partial void ProbeEnded(string cluster, string destination, string outcome, double milliseconds);

    [LoggerMessage(4007, LogLevel.Warning, "This process is short of CPU: its timers run late. For {Seconds} s timeouts eject no "
        + "destination.")]
    private partial void Starved(double seconds);
}
