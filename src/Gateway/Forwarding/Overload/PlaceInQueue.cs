using Gateway.Failover;
using Gateway.Forwarding.Conversations;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Overload;

/// <summary>
/// What a request that waits in an <see cref="AdmissionQueue"/> waits for. Other requests look for its place, so it keeps what that takes,
/// and not the request's context, which may be Kestrel's again by then.
/// </summary>
/// <param name="plan">The route's plan.</param>
/// <param name="key">The request's affinity key.</param>
/// <param name="overflows">Another tier may take it.</param>
/// <param name="stopping">The gateway stops, and its event streams end.</param>
internal sealed class PlaceInQueue(CompiledRoute plan, string? key, bool overflows, CancellationToken stopping) : IQueuedPlace
{
    private TierLoad? _held;

    /// <summary>The published state in which there was a place, and its tier; only once one was taken.</summary>
    public (ClusterSnapshot Snapshot, int Tier) Found { get; private set; }

    /// <summary>
    /// Takes a place, if there is one: it counts as a request in flight from now on, so that no other one is let in for it. Called by one
    /// caller at a time.
    /// </summary>
    public bool TryTake()
    {
        var snapshot = plan.Traffic.Cluster.Snapshot;
        if (Find(snapshot) is not (>= 0 and var tier))
        {
            return false;
        }

        Found = (snapshot, tier);
        var load = snapshot.Tiers[tier].Load;
        load.Enter();
        Volatile.Write(ref _held, load);
        return true;
    }

    /// <summary>Gives the place back, if there is one: the request has left, or its attempts count by themselves.</summary>
    public void Dispose() => Interlocked.Exchange(ref _held, null)?.Leave();

    /// <summary>None will come.</summary>
    public bool IsPointless() => stopping.IsCancellationRequested || ServingTier(plan.Traffic.Cluster.Snapshot) < 0;

    /// <summary>The index of a tier with room; -1: there is none.</summary>
    private int Find(ClusterSnapshot snapshot) =>
        ServingTier(snapshot) is >= 0 and var serving ? TierAdmission.Admit(snapshot.Tiers.AsSpan(), serving, plan.ShedAt, overflows) : -1;

    /// <summary>Why the request gets its fallback chain.</summary>
    public TerminationCause CauseOf(QueueResult result, ClusterSnapshot snapshot) => result switch
    {
        QueueResult.TimedOut => TerminationCause.QueueTimeout,
        QueueResult.Drained when snapshot.Exhausted => TerminationCause.NoTier,
        QueueResult.Drained when ServingTier(snapshot) < 0 => TerminationCause.LevelNotServed,
        _ => TerminationCause.Shed,
    };

    private int ServingTier(ClusterSnapshot snapshot) =>
        !plan.FirstTierOnly ? Affinity.TierOf(plan, snapshot, key) : snapshot.Active == 0 ? 0 : -1;
}
