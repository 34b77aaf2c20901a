using Gateway.Health;

namespace Gateway.Failover;

/// <content>From what is held true to what requests see, and to what is announced.</content>
internal sealed partial class FailoverLoop
{
    // The machine's turn; then the snapshot, then the announcement.
    private void Evaluate(ClusterRuntime cluster, Order? order, Command? command, TimeSpan now)
    {
        Span<TierHealth> tiers = cluster.Tiers.Length <= 16 ? stackalloc TierHealth[cluster.Tiers.Length] : new TierHealth[cluster.Tiers.Length];
        for (var index = 0; index < tiers.Length; index++)
        {
            tiers[index] = TierEvaluator.StandingOf(cluster.Tiers[index].Monitors, cluster.Config.Failover);
        }

        var word = HearFleet(cluster, tiers, now);
        var before = cluster.State;
        var (after, change) = FailoverMachine.Step(before, tiers, order, cluster.FirstRoundOver(now), cluster.Config, now, word);
        cluster.State = after;
        var seen = cluster.Dirty || after.Active != before.Active || after.RampFrom != before.RampFrom || after.RampFrom >= 0 || after.Held != before.Held;
        if (seen)
        {
            cluster.Dirty = false;
            cluster.Cluster.Snapshot = cluster.SnapshotNow(now);
        }

        if (change is { } real)
        {
            Announce(cluster, real, before, command, now);
        }
    }

    private void Announce(ClusterRuntime cluster, Change change, ClusterState before, Command? command, TimeSpan now)
    {
        string? NameOf(int tier) => tier >= 0 ? cluster.Tiers[tier].Config.Name : tier == ClusterState.Gone ? cluster.GoneTier : null;
        var transition = new Transition(
            cluster.Config.Name, NameOf(change.From), NameOf(change.To), change.Reason, TransitionText.Of(cluster, change, before, command, now) + TransitionText.OfFleet(cluster, change, before, now), _time.GetUtcNow())
        {
            Cause = TransitionCause.Of(cluster, change, before, command, now),
        };
        cluster.LastTransition = transition;
        Log(transition);
        if (change.To < 0)
        {
            foreach (var watch in cluster.Watches)
            {
                watch.Hasten(now);
            }
        }

        foreach (var subscriber in _subscribers)
        {
            try
            {
                subscriber(transition);
            }
            catch (Exception e)
            {
                // One eye that fails must not blind the others, nor stop the loop.
                SubscriberFailed(e, transition.Cluster);
            }
        }

        _nextViews = now;
    }

    private void PublishViews(TimeSpan now)
    {
        var utc = _time.GetUtcNow();
        IReadOnlyList<ClusterView> views = [.. _runtimes.Values.Select(c => ViewBuilder.Of(c, now, utc))];
        Volatile.Write(ref _views, views);
    }

    private void Log(Transition transition)
    {
        if (transition.To is null)
        {
            Exhausted(transition.Cluster, transition.From, transition.Evidence);
        }
        else if (transition.Reason is TransitionReason.Failover or TransitionReason.Relapse)
        {
            Degraded(transition.Cluster, transition.From, transition.To, transition.Reason, transition.Evidence);
        }
        else
        {
            Switched(transition.Cluster, transition.From, transition.To, transition.Reason, transition.Evidence);
        }
    }
}
