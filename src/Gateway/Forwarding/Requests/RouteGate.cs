using Gateway.Forwarding.Responses;
using Gateway.LastGood;
using Gateway.Observability;

namespace Gateway.Forwarding.Requests;

/// <summary>What ends a well-formed request at the gateway, before a tier is asked.</summary>
internal static class RouteGate
{
    /// <summary>Why a CONNECT is refused.</summary>
    public const string NoTunnels = "CONNECT tunnels to arbitrary hosts are not supported.";

    /// <summary>
    /// Responds to a request that the route's rules refuse, and to one that is the gateway's to answer; false: nothing was written.
    /// </summary>
    public static async ValueTask<bool> RespondAsync(HttpContext context, CompiledRoute plan, RequestRecord record, bool isUpgrade)
    {
        if (!isUpgrade && HttpMethods.IsConnect(context.Request.Method))
        {
            await RefusalResponse.WriteAsync(context, StatusCodes.Status400BadRequest, NoTunnels).ConfigureAwait(false);
            record.Refuse();
            return true;
        }

        var access = plan.Access;
        if (access is not null && await access.DenyAsync(context, record).ConfigureAwait(false))
        {
            return true;
        }

        if (plan.Cors is { } cors && Preflight.Is(context.Request))
        {
            cors.RespondToPreflight(context);
            record.Cause = TerminationCause.Preflight;
            return true;
        }

        if (access is not null
            && (await access.LimitAsync(context, record).ConfigureAwait(false)
                || await access.CrowdAsync(context, record).ConfigureAwait(false)))
        {
            return true;
        }

        if (MaxForwards.EndsHere(context.Request))
        {
            await MaxForwards.RespondAsync(context, plan.Route).ConfigureAwait(false);
            record.Refuse();
            return true;
        }

        return false;
    }
}
