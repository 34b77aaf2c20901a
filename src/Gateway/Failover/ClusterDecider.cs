using Gateway.Failover.Comparison;

namespace Gateway.Failover;

/// <summary>
/// From what is held true of a cluster to what requests see, and to what is announced: the one place where a transition begins. Only the
/// failover loop touches it.
/// </summary>
/// <param name="subscribers">Told of every transition; they must not wait.</param>
/// <param name="time">The clock, for what people read.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ClusterDecider(IReadOnlyList<Action<Transition>> subscribers, TimeProvider time, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private bool _hasAnnounced;

    /// <summary>Told, before the machine's turn, of what the comparison of two tiers comes to now. Null: nothing is recorded.</summary>
    public Action<ClusterRuntime, ComparisonResult>? Compared { get; set; }

    /// <summary>True, once: a transition was announced since this was asked last.</summary>
    public bool TakeAnnounced()
    {
        var has = _hasAnnounced;
        _hasAnnounced = false;
        return has;
    }

    /// <summary>The machine's turn; then the snapshot, then the announcement.</summary>
    public void Evaluate(ClusterRuntime cluster, Order? order, Command? command, TimeSpan now)
    {
        Span<TierHealth> tiers = cluster.Tiers.Length <= 16
            ? stackalloc TierHealth[cluster.Tiers.Length]
            : new TierHealth[cluster.Tiers.Length];
        for (var index = 0; index < tiers.Length; index++)
        {
            tiers[index] = TierEvaluator.StandingOf(cluster.Tiers[index].Monitors, cluster.Config.Failover);
        }

        var word = HearFleet(cluster, tiers, now);
        var before = cluster.State;
        var known = cluster.Ramp.Result;
        var compared = cluster.Ramp.Look(before, cluster.Config.Failback, now);
        if (compared != known)
        {
            Compared?.Invoke(cluster, compared);
        }

        var (after, change) =
            FailoverMachine.Step(before, tiers, order, cluster.FirstRoundOver(now), cluster.Config, now, word, compared);
        cluster.State = after;
        cluster.Ramp.Follow(after, cluster.Tiers, cluster.Cluster.Timings, cluster.Config.Affinity is not null);
        var starts = SlowStarts.Pass(cluster, now) | DrainDeadlines.Pass(cluster, now) | SignalKeeper.Pass(cluster, now);
        var seen = cluster.Dirty
            || starts
            || after.Active != before.Active
            || after.RampFrom != before.RampFrom
            || after.RampFrom >= 0
            || after.Held != before.Held;
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
            cluster.Config.Name, NameOf(change.From), NameOf(change.To), change.Reason,
            TransitionText.Of(cluster, change, before, command, now) + TransitionText.OfFleet(cluster, change, before, now),
            time.GetUtcNow())
        {
            Cause = TransitionCause.Of(cluster, change, before, command, now),
        };
        cluster.LastTransition = transition;
        cluster.Aborted = change.Worse is null ? cluster.Aborted : (cluster.Tiers[change.From].Config.Name, now);
        Log(transition);
        if (change.To < 0)
        {
            foreach (var watch in cluster.Watches)
            {
                watch.Hasten(now);
            }
        }

        foreach (var subscriber in subscribers)
        {
            try
            {
                subscriber(transition);
            }
            catch (Exception e)
            {
                // A failing subscriber must not affect other subscribers or stop the loop.
                SubscriberFailed(e, transition.Cluster);
            }
        }

        _hasAnnounced = true;
    }

    // The fleet's word on a cluster: weighs the tiers, which stand in the span as our own eyes see them.
    private static FleetDirective HearFleet(ClusterRuntime cluster, Span<TierHealth> tiers, TimeSpan now)
    {
        for (var index = 0; index < tiers.Length; index++)
        {
            var tier = cluster.Tiers[index];
            tier.DownSince = tiers[index] < TierHealth.Unverified ? tier.DownSince ?? now : null;
        }

        if (cluster.GuidanceAt(now) is not { } guidance)
        {
            return default;
        }

        Span<bool> reachable = tiers.Length <= 16 ? stackalloc bool[tiers.Length] : new bool[tiers.Length];
        for (var index = 0; index < tiers.Length; index++)
        {
            reachable[index] = Array.Exists(cluster.Tiers[index].Monitors, static m => m.Serving);
        }

        return FleetWeighing.Weigh(cluster.Config.Tiers, tiers, reachable, guidance, cluster.GuidedAt);
    }

    private void Log(Transition transition)
    {
        if (transition.To is null)
        {
            Exhausted(transition.Cluster, transition.From, transition.Evidence);
        }
        else if (transition.Reason is TransitionReason.Failover or TransitionReason.Relapse)
        {
            SwitchedDown(transition.Cluster, transition.From, transition.To, transition.Reason, transition.Evidence);
        }
        else
        {
            Switched(transition.Cluster, transition.From, transition.To, transition.Reason, transition.Evidence);
        }
    }

    [LoggerMessage(4001, LogLevel.Information, "Cluster '{Cluster}': tier '{To}' serves instead of '{From}' ({Reason}): {Evidence}.")]
    private partial void Switched(string cluster, string? from, string? to, TransitionReason reason, string evidence);

    [LoggerMessage(4002, LogLevel.Warning, "Cluster '{Cluster}': tier '{To}' serves instead of '{From}' ({Reason}): {Evidence}.")]
    private partial void SwitchedDown(string cluster, string? from, string? to, TransitionReason reason, string evidence);

    [LoggerMessage(4003, LogLevel.Error, "Cluster '{Cluster}' has no tier left that can serve; the last one was '{From}': {Evidence}. Its "
        + "routes answer from their fallback chains until a destination returns.")]
    private partial void Exhausted(string cluster, string? from, string evidence);

    [LoggerMessage(4011, LogLevel.Error, "A listener failed on a transition of cluster '{Cluster}'; the others were told.")]
    private partial void SubscriberFailed(Exception exception, string cluster);
}
