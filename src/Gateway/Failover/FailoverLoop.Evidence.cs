using System.Threading.Channels;
using Gateway.Health;

namespace Gateway.Failover;

/// <content>Probes and traffic: from evidence to what is held true of a destination.</content>
internal sealed partial class FailoverLoop
{
    private void SuspectOurselves(TimeSpan now)
    {
        var doubted = _suspicion.Doubts(now);
        _suspicion = _suspicion.OnTick(_nextTick, now);
        if (!doubted && _suspicion.Doubts(now))
        {
            Starved(LocalHealthGuard.Grace.TotalSeconds);
        }
    }

    private void Probe(DestinationWatch watch, TimeSpan now)
    {
        // A probe has its own deadline; one that ignores it is given up, so that the next can start.
        if (watch.Probing && now - watch.StartedAt > (watch.Monitor.Config.Probe.Timeout * 2) + TimeSpan.FromSeconds(2))
        {
            OnProbe(new ProbeMessage(watch, watch.Round, new ProbeResult(ProbeOutcome.TimedOut, now - watch.StartedAt)), now);
        }

        if (!watch.Probing && now >= watch.NextAt)
        {
            watch.Start(now, ReportProbeAsync);
        }
    }

    private async ValueTask ReportProbeAsync(DestinationWatch watch, int round, ProbeResult result)
    {
        try
        {
            await _messages.Writer.WriteAsync(new Message(new ProbeMessage(watch, round, result)), _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // Stopping: the result is not needed.
        }
    }

    private void OnProbe(ProbeMessage message, TimeSpan now)
    {
        var watch = message.Watch;
        if (message.Round != watch.Round || !watch.Probing || !_watches.TryGetValue(watch.Destination, out var entry))
        {
            return;
        }

        var cluster = entry.Cluster;
        var monitor = watch.Monitor;
        watch.Ended();
        _probed?.Invoke(message.Result.Duration);
        ProbeEnded(monitor.Destination.Cluster, monitor.Destination.Name, message.Result.Words, message.Result.Duration.TotalMilliseconds);
        if (message.Result.IsWithoutSocket)
        {
            // Says nothing however often it comes: the known state stays, and the reason is shown.
            Volatile.Write(ref _withoutSocketAt, _time.GetTimestamp());
            watch.NextAt = ProbeSchedule.Next(watch.StartedAt, now, fast: true, monitor.Config.Probe, 0);
            return;
        }

        if (message.Result.OurFault && watch.Discarded < MostDiscardedProbes)
        {
            watch.Discarded++;
            watch.NextAt = now;
            return;
        }

        watch.Discarded = 0;
        var before = monitor.State.HealthStatus;
        cluster.Dirty |= monitor.OnProbe(message.Result, AroundOf(cluster, monitor, null, cluster.Config.Timeouts.FirstByte, now), now);
        Announce(cluster, monitor, before);
        var doubted = !message.Result.Passed && _suspicion.Doubts(now);
        var fast = cluster.Exhausted || doubted || DestinationHealth.WantsFastProbe(monitor.State);
        watch.NextAt = watch.Round == 1 && !fast
            ? ProbeSchedule.Second(watch.StartedAt, now, monitor.Config.Probe, Random.Shared.NextDouble())
            : ProbeSchedule.Next(watch.StartedAt, now, fast, monitor.Config.Probe, (Random.Shared.NextDouble() * 2) - 1);
    }

    private void OnEvidence(in Evidence evidence, TimeSpan now)
    {
        if (!_watches.TryGetValue(evidence.Destination, out var entry))
        {
            return;
        }

        var monitor = entry.Watch.Monitor;
        var before = monitor.State.HealthStatus;
        entry.Cluster.Dirty |= monitor.OnEvidence(evidence, AroundOf(entry.Cluster, monitor, evidence.Route, entry.Cluster.Cluster.TimingOf(evidence.Route).LateAfter, now), now);
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
            Evaluate(entry.Cluster, order: null, command: null, now);
        }
    }

    private HealthContext AroundOf(ClusterRuntime cluster, DestinationMonitor monitor, string? route, TimeSpan lateAfter, TimeSpan now) =>
        new(cluster.Exhausted, cluster.HasSpare(monitor), _suspicion.Doubts(now), lateAfter, cluster.IsLast(monitor), cluster.HasRoom(monitor), route is not null && cluster.OthersServed(route, now));

    private void Measure(TimeSpan now)
    {
        foreach (var cluster in _runtimes.Values)
        {
            foreach (var timing in cluster.Cluster.Timings)
            {
                timing.Measure(cluster.Config.Timeouts, now);
                if (now >= _nextDecay)
                {
                    timing.Decay();
                }
            }
        }

        if (now >= _nextDecay)
        {
            foreach (var destination in _watches.Keys)
            {
                destination.Latency.Decay();
            }

            _nextDecay = now + DecayEvery;
        }
    }

    // Routes that are avoided somewhere: whether neighbours serve them, and whether by now more than that route fails. Requests look only where a route says so.
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
                        record.NeighboursServe = cluster.NeighboursServe(monitor, record);
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
        var verdict = monitor.State.HealthStatus;
        if (verdict == before)
        {
            return;
        }

        cluster.HealthChanged = true;
        var destination = monitor.Destination;
        if (verdict is HealthStatus.Down or HealthStatus.Ejected)
        {
            Condemned(destination.Cluster, destination.Tier, destination.Name, before, verdict, monitor.Why);
        }
        else
        {
            Improved(destination.Cluster, destination.Tier, destination.Name, before, verdict, monitor.Why);
        }
    }
}
