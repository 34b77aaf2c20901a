using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Health.Model;

namespace Gateway.Forwarding.Mirroring;

/// <summary>
/// Chooses the reads of one route that the next tier gets as well. A user never waits for one: it is sent once the user has the response,
/// and what comes back is compared and thrown away. It is no evidence of a destination's health.
/// </summary>
/// <param name="route">The mirrored reads of the route.</param>
/// <param name="share">Of the reads, 0 to 1.</param>
internal sealed class ReadMirror(MirroredRoute route, double share)
{
    // What a request says of what its client has makes the response another one, and a range makes it a part.
    private static readonly string[] Conditions =
        ["Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range"];

    /// <summary>The route's mirror; null: it has none.</summary>
    /// <param name="board">The mirrored reads of all routes.</param>
    /// <param name="config">The route.</param>
    /// <param name="cluster">Its cluster, with what the route has in place of it.</param>
    /// <param name="firstTierOnly">Its level is served by the first tier alone.</param>
    public static ReadMirror? Of(
        MirrorBoard board, Configuration.Model.RouteConfig config, Configuration.Model.ClusterConfig cluster, bool firstTierOnly) =>
        cluster.Mirror > 0 && cluster.Tiers.Length > 1 && config.Stream is null && !firstTierOnly
            ? new ReadMirror(board.Of(cluster.Name, config.Name), cluster.Mirror)
            : null;

    /// <summary>
    /// Takes what of the user's response has to be known, before it is sent; null: this read is not mirrored.
    /// </summary>
    /// <param name="context">The user's request.</param>
    /// <param name="plan">The route's plan.</param>
    /// <param name="served">Whose response the user gets.</param>
    public MirroredRead? TryTake(HttpContext context, CompiledRoute plan, Attempt served)
    {
        var request = context.Request;
        if (served is not { Tier.Index: 0, Target: { } target, Response.Status: >= 200 and < 300 }
            || !HttpMethods.IsGet(request.Method)
            || request.ContentLength is not (null or 0)
            || Array.Exists(Conditions, request.Headers.ContainsKey)
            || served.Response.Header("Content-Type").ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase)
            || DestinationOf(plan.Traffic.Cluster.Snapshot) is not { } next
            || !route.TryTake(share, Random.Shared))
        {
            return null;
        }

        return new MirroredRead(route, plan, next.Tier, next.Destination, target, served);
    }

    /// <summary>A destination of the next tier, while the first one serves and the next has room to spare.</summary>
    private static (TierSnapshot Tier, Destination Destination)? DestinationOf(ClusterSnapshot snapshot)
    {
        for (var i = 1; i < snapshot.Tiers.Length; i++)
        {
            var tier = snapshot.Tiers[i];
            if (!tier.CanServe || tier.Usable.Length == 0)
            {
                continue;
            }

            return tier.Load.InFlight >= tier.Capacity / 2 ? null : (tier, tier.Usable[Random.Shared.Next(tier.Usable.Length)]);
        }

        return null;
    }
}
