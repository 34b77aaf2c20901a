using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Conversations;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Overload;

/// <summary>Lets a request into a tier that has room for its level, after a wait if the cluster has a queue.</summary>
/// <param name="stopping">The gateway stops, and its event streams end.</param>
internal sealed class RequestAdmission(CancellationToken stopping)
{
    /// <summary>The tier that takes the request, in the published state that shows it; -1: none does, and why.</summary>
    /// <param name="context">The request.</param>
    /// <param name="plan">Its route.</param>
    /// <param name="record">Gets the place that a wait has brought.</param>
    /// <param name="snapshot">The published state.</param>
    /// <param name="tier">The tier that serves it, which has a capacity.</param>
    /// <param name="halfOpen">Returned if the client leaves while it waits.</param>
    public ValueTask<(ClusterSnapshot Snapshot, int Tier, TerminationCause Unserved)> AdmitAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, ClusterSnapshot snapshot, int tier, HalfOpenPermit? halfOpen)
    {
        var overflows = plan.ClusterConfig.Overflows && !plan.FirstTierOnly;
        var queue = plan.Traffic.Queue;
        if (queue is null or { HasWaiting: false }
            && TierAdmission.Admit(snapshot.Tiers.AsSpan(), tier, plan.ShedAt, overflows) is >= 0 and var free)
        {
            return new((snapshot, free, default));
        }

        return queue is null
            ? new((snapshot, -1, TerminationCause.Shed))
            : WaitAsync(context, plan, record, queue, overflows, halfOpen);
    }

    // Apart from the look before it, which most requests are through with: only a wait costs objects.
    private async ValueTask<(ClusterSnapshot Snapshot, int Tier, TerminationCause Unserved)> WaitAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, AdmissionQueue queue, bool overflows, HalfOpenPermit? halfOpen)
    {
        var place = new PlaceInQueue(plan, Affinity.KeyOf(plan.ClusterConfig.Affinity, context.Request), overflows, stopping);
        var result = QueueResult.ClientLeft;
        try
        {
            result = await queue.WaitAsync(plan.Route.Level, place, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            if (result == QueueResult.ClientLeft)
            {
                halfOpen?.Destination.ReturnHalfOpenPermit();
            }
        }

        if (result == QueueResult.Admitted)
        {
            record.Place = place;
            return (place.Found.Snapshot, place.Found.Tier, default);
        }

        var snapshot = plan.Traffic.Cluster.Snapshot;
        return (snapshot, -1, place.CauseOf(result, snapshot));
    }
}
