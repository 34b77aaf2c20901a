using System.Collections.Immutable;
using System.Net;
using Gateway.Forwarding.Responses;
using Gateway.Observability;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Requests;

/// <summary>Serves routes that redirect: one response, one outcome, and nothing that could be down.</summary>
internal sealed class RedirectHandler(AccessLog access, Func<ImmutableArray<IPNetwork>> trusted)
{
    /// <summary>Serves one request of this route.</summary>
    public async Task ServeAsync(HttpContext context, RedirectRoute plan)
    {
        var record = new RequestRecord(plan.Route.Name, cluster: null, plan.Time.GetTimestamp()) { Cause = TerminationCause.Redirect };
        var outcome = RequestOutcome.Live;
        plan.ResponseHeaders?.Register(context);
        plan.Cors?.Register(context);
        try
        {
            var request = context.Request;
            var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            if (RequestGuard.ProblemOf(request.Protocol, request.Method, raw, request.Headers) is { } problem)
            {
                outcome = record.Refuse();
                await RefuseAsync(context, problem).ConfigureAwait(false);
            }
            else if (HttpMethods.IsConnect(request.Method))
            {
                outcome = record.Refuse();
                await RefuseAsync(context, RouteGate.NoTunnels).ConfigureAwait(false);
            }
            else if (plan.Access is not null && await plan.Access.DenyAsync(context, record).ConfigureAwait(false))
            {
                outcome = RequestOutcome.Refused;
            }
            else if (plan.Cors is { } cors && LastGood.Preflight.Is(request))
            {
                outcome = RequestOutcome.Refused;
                record.Cause = TerminationCause.Preflight;
                cors.RespondToPreflight(context);
            }
            else if (plan.Access is not null && await plan.Access.LimitAsync(context, record).ConfigureAwait(false))
            {
                outcome = RequestOutcome.Refused;
            }
            else if (plan.LocationOf(context, RequestTarget.Of(raw)) is { } location)
            {
                context.Response.StatusCode = plan.Route.Redirect!.Status;
                context.Response.Headers.Location = location;
                context.Response.ContentLength = 0;
            }
            else
            {
                outcome = record.Refuse();
                await RefuseAsync(context, "The Host of the request is not a name.").ConfigureAwait(false);
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = record.Abort();
        }
        finally
        {
            End(context, plan, record, outcome);
        }
    }

    private static ValueTask RefuseAsync(HttpContext context, string problem) =>
        RefusalResponse.WriteAsync(context, StatusCodes.Status400BadRequest, problem);

    private void End(HttpContext context, RedirectRoute plan, RequestRecord record, RequestOutcome outcome)
    {
        var elapsed = plan.Time.GetElapsedTime(record.Began);
        var status = outcome == RequestOutcome.Aborted && !context.Response.HasStarted ? 0 : context.Response.StatusCode;
        record.BytesOut = status == 0 || HttpMethods.IsHead(context.Request.Method) ? 0 : context.Response.ContentLength ?? 0;
        plan.Meter.Ended(outcome, status, elapsed);
        plan.Meter.Moved(0, record.BytesOut.GetValueOrDefault());
        if (access.Wants(record, outcome, status))
        {
            access.Write(context, record, outcome, status, elapsed, TrustedProxies.ClientOf(trusted(), context));
        }
    }
}
