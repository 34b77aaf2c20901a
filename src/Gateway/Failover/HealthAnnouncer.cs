namespace Gateway.Failover;

/// <summary>Announces each change of a cluster's health once. Only the failover loop touches it.</summary>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class HealthAnnouncer(TimeProvider time, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Told of every change, on the loop: it must not wait.</summary>
    public Action<HealthChange>? Told { get; set; }

    /// <summary>
    /// Compares the cluster's health with that of the last call. Before the first round of probes is over nothing is announced.
    /// </summary>
    public void Announce(ClusterRuntime cluster)
    {
        if (!cluster.HealthChanged || !cluster.State.Settled)
        {
            return;
        }

        cluster.HealthChanged = false;
        var after = HealthOf(cluster);
        var changes = HealthChanges.Between(cluster.Health, after, time.GetUtcNow());
        cluster.Health = after;
        foreach (var change in changes)
        {
            Log(change);
            try
            {
                Told?.Invoke(change);
            }
            catch (Exception e)
            {
                // A failing subscriber must not stop the loop.
                SubscriberFailed(e, change.Cluster);
            }
        }
    }

    private static ClusterHealth HealthOf(ClusterRuntime cluster) => new(cluster.Config.Name,
    [
        .. cluster.Tiers.Select(tier => new TierMembers(
            tier.Config.Name,
            TierEvaluator.StandingOf(tier.Monitors, cluster.Config.Failover) >= TierHealth.Unverified,
            [
            .. tier.Monitors.Select(static m => new MemberHealth(m.Destination.Name, m.State.HealthStatus, m.Draining, m.Why)
            {
                Signals = m.Share.Signals.Marks
            })])),
    ]);

    // Destinations' own changes are in the log already, with every step between.
    private void Log(HealthChange change)
    {
        switch (change.Kind)
        {
            case HealthChangeKind.Degraded or HealthChangeKind.RedundancyLost:
                Worse(change.Cluster, change.Text, change.Evidence);
                break;
            case HealthChangeKind.Whole or HealthChangeKind.RedundancyRegained or HealthChangeKind.SignalFired
                or HealthChangeKind.SignalEnded:
                Better(change.Cluster, change.Text, change.Evidence);
                break;
        }
    }

    [LoggerMessage(4012, LogLevel.Warning, "Cluster '{Cluster}': {Text} ({Evidence}).")]
    private partial void Worse(string cluster, string text, string evidence);

    [LoggerMessage(4013, LogLevel.Information, "Cluster '{Cluster}': {Text} ({Evidence}).")]
    private partial void Better(string cluster, string text, string evidence);

    [LoggerMessage(4014, LogLevel.Error, "A listener failed on a change of health in cluster '{Cluster}'; the loop goes on.")]
    private partial void SubscriberFailed(Exception exception, string cluster);
}
