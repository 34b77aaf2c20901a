using System.Runtime.CompilerServices;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding;

/// <summary>Gives a request the response of a destination, by attempts; when these bring none, that of the fallback chain.</summary>
internal sealed class TierResponder(FallbackResponder fallback, CancellationToken stopping)
{
    /// <summary>Responds.</summary>
    /// <param name="context">The request.</param>
    /// <param name="plan">Its route.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="execution">Makes the attempts.</param>
    /// <param name="body">Its body; null: it has none.</param>
    /// <param name="shared">A young stored response to be given at once, and renewed.</param>
    // Pooled: its only caller waits for it once, so that its state costs no garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RequestOutcome> RespondAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, RequestExecution execution, RequestBody? body, SharedRead shared)
    {
        // 1. In place of a live response that is late: the stored one.
        LateResponse? late = null;
        if (MayGiveStored(context.Request, plan, execution, body, shared))
        {
            late = LateResponse.Begin(context, plan, execution);
            if (await GiveStoredAsync(context, plan, record, late, shared).ConfigureAwait(false) is { } given)
            {
                return given;
            }
        }

        // 2. The attempts. The first one has begun, and counts by itself.
        var running = late is null ? execution.RunAsync(context.RequestAborted) : new ValueTask<Attempt?>(late.Running);
        record.Place?.Dispose();
        Attempt? winner;
        try
        {
            winner = await running.ConfigureAwait(false);
        }
        catch (Exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Whatever broke here, the fallback chain does not ask why.
            winner = null;
        }

        // 3. The response of one. Without it nothing was sent to the user.
        var relayed = RelayResult.Unwritable;
        if (winner is not null)
        {
            relayed = await RelayAsync(context, plan, record, winner).ConfigureAwait(false);
        }

        late?.Dispose();
        if (body is not null)
        {
            if (!await body.EndAsync(plan.Traffic.Time).ConfigureAwait(false))
            {
                // Something still reads this client's connection: the next request on it would not be safe.
                context.Abort();
            }

            record.BytesIn = body.Received;
        }

        execution.ReturnBody();

        // 4. The outcome, or the fallback chain.
        if (winner is null && execution.End == RequestExecutionEnd.ClientFailed)
        {
            return await RefuseAsync(context, record, execution.ClientStatus).ConfigureAwait(false);
        }

        return OutcomeOf(context, plan, record, execution, winner, relayed)
            ?? await fallback.RespondAsync(context, plan, record, record.Cause, execution.Fate).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<RelayResult> RelayAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, Attempt winner)
    {
        record.FirstByteAt = plan.Traffic.Time.GetTimestamp();
        var mirrored = plan.Mirror?.TryTake(context, plan, winner);
        var relayed = RelayResult.Unwritable;
        try
        {
            relayed = await plan.Relay.SendAsync(context, winner, record, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            mirrored?.End(context, record.BytesOut, isServed: relayed == RelayResult.Complete);
        }

        return relayed;
    }

    private static bool MayGiveStored(
        HttpRequest request, CompiledRoute plan, RequestExecution execution, RequestBody? body, SharedRead shared) =>
        (shared.Stale is not null || plan.LastGoodAfter is not null)
        && body is null
        && execution.HalfOpen is null
        && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));

    /// <summary>Null: the live response came in time, or there is no stored one; nothing was written.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RequestOutcome?> GiveStoredAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, LateResponse late, SharedRead shared)
    {
        RequestReport.FollowStart(context, plan, record);
        bool isGiven;
        try
        {
            isGiven = shared.Stale is { } stale
                ? await late.GiveYoungAsync(plan.SharedReads!, record, stale).ConfigureAwait(false)
                : await fallback.GiveStoredAsync(late, plan.LastGoodAfter.GetValueOrDefault()).ConfigureAwait(false);
        }
        catch
        {
            // The client left while it got the stored response: what the attempts have brought by then has to be let go of.
            record.Behind = late.RenewAsync(stopping);
            throw;
        }

        if (!isGiven)
        {
            return null;
        }

        record.Behind = late.RenewAsync(stopping);
        if (shared.Stale is not null)
        {
            return RequestOutcome.Live;
        }

        record.Cause = TerminationCause.Late;
        return FallbackResponder.Answered(plan, record, FallbackStep.LastGood, RequestOutcome.Degraded);
    }

    /// <summary>Null: the fallback chain can still respond.</summary>
    private static RequestOutcome? OutcomeOf(
        HttpContext context, CompiledRoute plan, RequestRecord record, RequestExecution execution, Attempt? winner, RelayResult relayed)
    {
        if (winner is null)
        {
            record.Cause = execution.Cause;
            return null;
        }

        record.Served = winner;
        record.Cause = CauseOf(winner, relayed, record);
        switch (relayed)
        {
            case RelayResult.Complete when winner.Response!.Status >= StatusCodes.Status500InternalServerError:
                return RequestOutcome.Failed;
            case RelayResult.Complete:
                RequestReport.Saved(plan, record, execution.SavedBy);
                return RequestOutcome.Live;
            case RelayResult.ClientFailed:
                return RequestOutcome.Aborted;
            case RelayResult.Unwritable when !context.Response.HasStarted:
                // Another response can take its place.
                context.Response.Clear();
                (record.Served, record.BytesOut) = (null, null);
                return null;
            default:
                // That the client's connection was cut is the destination's doing.
                return RequestOutcome.Failed;
        }
    }

    private static TerminationCause CauseOf(Attempt winner, RelayResult relayed, RequestRecord record) => relayed switch
    {
        RelayResult.Complete => winner.Response!.Status >= StatusCodes.Status500InternalServerError
            ? TerminationCause.Status5xx
            : TerminationCause.Ok,
        RelayResult.ClientFailed => TerminationCause.ClientAbort,
        RelayResult.DestinationFailed => record.Break ?? TerminationCause.Truncated,
        _ => TerminationCause.Unwritable,
    };

    private static async ValueTask<RequestOutcome> RefuseAsync(HttpContext context, RequestRecord record, int status)
    {
        if (!context.Response.HasStarted)
        {
            await RefusalResponse.WriteAsync(context, status, "The body of the request could not be read.").ConfigureAwait(false);
        }

        return record.Refuse();
    }
}
