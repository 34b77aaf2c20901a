using Gateway.Failover;
using Gateway.Forwarding.Requests;
using Gateway.Health.Model;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// Lets traffic decide whether a ejected destination is well again: a copy of one safe request goes to it, and its response is
/// thrown away. No user waits for it, and none gets it.
/// </summary>
internal static class HalfOpenProbes
{
    /// <summary>
    /// Sends a copy of this request to each destination that waits for its half-open probe. A request that cannot be copied is
    /// itself the half-open probe, where nothing else can be done: when no tier can serve, or when it is certain that the
    /// destination never saw what failed before.
    /// </summary>
    /// <returns>The destination that this request itself shall try first; null: none.</returns>
    public static HalfOpenPermit? Offer(CompiledRoute plan, ClusterSnapshot snapshot, HttpContext context, string target)
    {
        foreach (var tier in snapshot.Tiers)
        {
            if (tier.HalfOpen.Length == 0 || (plan.FirstTierOnly && tier.Index > 0))
            {
                continue;
            }

            foreach (var destination in tier.HalfOpen)
            {
                if (!destination.HalfOpenProbeOffered || !destination.AllowsHalfOpenProbeOf(plan.Route.Name))
                {
                    continue;
                }

                if (CanCopy(context))
                {
                    if (destination.TryTakeHalfOpenPermit())
                    {
                        Run(plan, tier, destination, context, target);
                    }
                }
                else if ((snapshot.Exhausted || destination.AllowsAnyHalfOpenProbe) && destination.TryTakeHalfOpenPermit())
                {
                    return new HalfOpenPermit(destination, tier);
                }
            }
        }

        return null;
    }

    private static void Run(CompiledRoute plan, TierSnapshot tier, Destination destination, HttpContext context, string target)
    {
        var peer = plan.EndpointOf(destination);
        var request = AttemptRequest.To(plan, peer, context, target, body: null);
        var attempt = new Attempt(plan, peer, tier, request, AttemptPurpose.HalfOpen);
        attempt.CancelAfter(plan.Route.Stream?.FirstContent ?? plan.ClusterConfig.Timeouts.FirstByte);
        attempt.Start(plan.Traffic.Time.GetTimestamp(), whenDone: null);
    }

    /// <summary>Safe methods without a body (RFC 9110, section 9.2.1): to answer them twice changes nothing.</summary>
    private static bool CanCopy(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && context.Request.ContentLength is null or 0
        && context.Request.Headers.Upgrade.Count == 0;
}

/// <summary>A destination whose half-open probe permit a request holds.</summary>
internal readonly record struct HalfOpenPermit(Destination Destination, TierSnapshot Tier);
