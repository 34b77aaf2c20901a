using System.Collections.Immutable;
using System.Net;
using Gateway.Fallback;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.Forwarding.Upgrades;
using Gateway.Observability;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding;

/// <summary>
/// Serves each request by its route; one that no route takes is answered, counted as
/// <see cref="Instruments.UnmatchedRoute"/> and logged here.
/// </summary>
internal sealed class UnmatchedRequests(
    Instruments instruments,
    AccessLog access,
    Func<ImmutableArray<IPNetwork>> trusted,
    TimeProvider time)
{
    private readonly RouteMeter _meter = instruments.Route(Instruments.UnmatchedRoute);

    /// <summary>The end of the pipeline. Stands in for ASP.NET's own, which would send a bare status that is not counted.</summary>
    public Task ServeAsync(HttpContext context)
    {
        // Our routes are route endpoints; ASP.NET's own, for a path whose routes refuse the method, is not.
        var endpoint = context.GetEndpoint();
        if (HttpMethods.IsOptions(context.Request.Method)
            && context.Features.Get<IHttpRequestFeature>()?.RawTarget is { } target
            && RequestTarget.IsOfServer(target))
        {
            // A route for everything would take it for a request for "/".
            return AnswerForServerAsync(context);
        }

        return endpoint is RouteEndpoint { RequestDelegate: { } serve } ? serve(context) : RefuseAsync(context, endpoint?.RequestDelegate);
    }

    private async Task AnswerForServerAsync(HttpContext context)
    {
        var record = new RequestRecord(Instruments.UnmatchedRoute, cluster: null, time.GetTimestamp()) { Cause = TerminationCause.Refused };
        await MaxForwards.RespondAsync(context, route: null).ConfigureAwait(false);
        End(context, record, RequestOutcome.Refused);
    }

    private async Task RefuseAsync(HttpContext context, RequestDelegate? methodRefused)
    {
        var record = new RequestRecord(Instruments.UnmatchedRoute, cluster: null, time.GetTimestamp())
        {
            Cause = TerminationCause.Unmatched
        };
        var outcome = RequestOutcome.Refused;
        try
        {
            // What is not one request is refused as such, whatever its path: what follows it on the connection is not trusted either.
            if (ProblemOf(context) is { } problem)
            {
                record.Cause = TerminationCause.Refused;
                await RefusalResponse.WriteAsync(context, StatusCodes.Status400BadRequest, problem).ConfigureAwait(false);
                return;
            }

            if (methodRefused is not null)
            {
                // Sets the status and Allow.
                await methodRefused(context).ConfigureAwait(false);
            }

            await NoRouteResponse.WriteAsync(
                context,
                methodRefused is null ? StatusCodes.Status404NotFound : context.Response.StatusCode).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = RequestOutcome.Aborted;
            record.Cause = TerminationCause.ClientAbort;
        }
        finally
        {
            End(context, record, outcome);
        }
    }

    private void End(HttpContext context, RequestRecord record, RequestOutcome outcome)
    {
        var elapsed = time.GetElapsedTime(record.Began);
        var status = outcome == RequestOutcome.Aborted && !context.Response.HasStarted ? 0 : context.Response.StatusCode;
        record.BytesOut = status == 0 || HttpMethods.IsHead(context.Request.Method) ? 0 : context.Response.ContentLength ?? 0;
        _meter.Ended(outcome, status, elapsed);
        _meter.Moved(0, record.BytesOut.GetValueOrDefault());
        if (access.WantsUnmatched())
        {
            access.Write(context, record, outcome, status, elapsed, TrustedProxies.ClientOf(trusted(), context));
        }
    }

    private static string? ProblemOf(HttpContext context)
    {
        var request = context.Request;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return RequestGuard.ProblemOf(request.Protocol, request.Method, target, request.Headers)
            ?? (HttpMethods.IsConnect(request.Method) && !UpgradeForwarder.IsExtendedConnect(context) ? RouteGate.NoTunnels : null);
    }
}
