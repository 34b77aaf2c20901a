using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.Requests;
using Gateway.Observability;

namespace Gateway.Forwarding.EventStreams;

/// <summary>Makes the request of an event stream that was cut once more, so that the stream goes on at another destination.</summary>
/// <param name="plan">The route's plan.</param>
/// <param name="context">The request.</param>
/// <param name="target">What it asks for.</param>
/// <param name="body">Its body, which is whole; null: there is none.</param>
/// <param name="firstTier">The tier that serves it, as long as no tier can.</param>
/// <param name="record">What is known of the request.</param>
internal sealed class StreamReopening(
    CompiledRoute plan, HttpContext context, string target, RequestBody? body, int firstTier, RequestRecord? record)
{
    /// <summary>How often one stream may go on: destinations that cut every stream must not keep one going round for ever.</summary>
    private const int Most = 16;

    private int _count;

    /// <summary>The stream was cut and went on, or tried to.</summary>
    public bool IsUsed => _count > 0;

    /// <summary>The same request again, elsewhere, from the last event that the user has.</summary>
    /// <param name="cut">The attempt whose stream was cut.</param>
    /// <param name="lastEventId">The last event that the user has; null: none.</param>
    /// <param name="cancellationToken">The stream is not wanted any more.</param>
    public async ValueTask<(Attempt Attempt, Stream Upstream)?> ReopenAsync(
        Attempt cut, string? lastEventId, CancellationToken cancellationToken)
    {
        if (++_count > Most)
        {
            return null;
        }

        var snapshot = plan.Traffic.Cluster.Snapshot;
        var tier = snapshot.Exhausted ? firstTier : Affinity.TierOf(plan, snapshot, context.Request);
        if (plan.FirstTierOnly && tier != 0)
        {
            return null;
        }

        var next = new RequestExecution(plan, context, snapshot, tier, target, body, mayRepeat: true)
        {
            Reopens = true,
            LastEventId = lastEventId,
            Record = record,
        };
        // Not where it was just cut, as long as there is anywhere else.
        next.Avoid(cut.UpstreamEndpoint.Destination);
        if (await next.RunAsync(cancellationToken).ConfigureAwait(false) is not { } winner)
        {
            return null;
        }

        if (!EventStream.Is(winner.Response!))
        {
            winner.StreamLeft();
            winner.DisposeResponse();
            return null;
        }

        record?.IsResumed = true;
        winner.Response!.IsOftenQuiet = true;
        return (winner, winner.Response);
    }
}
