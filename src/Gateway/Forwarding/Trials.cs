using System.Net.Http;
using Gateway.Failover;
using Gateway.Health;

namespace Gateway.Forwarding;

/// <summary>
/// Lets traffic decide whether a condemned destination is well again: a copy of one safe request goes to it, and its answer is
/// thrown away. No user waits for it, and none gets it.
/// </summary>
internal sealed class Trials(HeaderTransformer headers)
{

    /// <summary>Sends a copy of this request to each destination that waits for its trial on this route.</summary>
    public void Offer(RoutePlan plan, ClusterSnapshot snapshot, HttpContext context)
    {
        foreach (var tier in snapshot.Tiers)
        {
            foreach (var destination in tier.OnTrial)
            {
                if (destination.TrialOffered && CanCopy(context) && destination.TryTakeTrial())
                {
                    Run(plan, tier, destination, context);
                }
            }
        }
    }

    private void Run(RoutePlan plan, TierSnapshot tier, Destination destination, HttpContext context)
    {
        var peer = plan.PeerOf(destination);
        var message = new HttpRequestMessage(HttpMethods.IsHead(context.Request.Method) ? HttpMethod.Head : HttpMethod.Get, peer.At(Exchange.TargetOf(context)));
        // It completes at once: there is nothing in it to wait for.
        _ = headers.TransformRequestAsync(context, message, "", CancellationToken.None);
        var attempt = new Attempt(plan, peer, tier, message, AttemptPurpose.Trial);
        attempt.CancelAfter(plan.Route.Stream?.FirstContent ?? plan.ClusterConfig.Timeouts.FirstByte);
        attempt.Start(() => attempt.Response?.Dispose());
    }

    /// <summary>Safe methods without a body (RFC 9110, section 9.2.1): to answer them twice changes nothing.</summary>
    private static bool CanCopy(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && context.Request.ContentLength is null or 0
        && context.Request.Headers.Upgrade.Count == 0;
}
