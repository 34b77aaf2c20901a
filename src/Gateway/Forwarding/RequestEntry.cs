using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Health;
using Gateway.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding;

/// <summary>A user's request from its route to its one outcome.</summary>
/// <remarks>
/// (1) The published state of the cluster is read, once.
/// (2) A condemned destination may get a copy as its trial.
/// (3) The tier is chosen; without one, or when it is full for this level, the ladder answers at once.
/// (4) A small body is read ahead, so that it can be sent again.
/// (5) The <see cref="Exchange"/> makes the attempts, and the <see cref="ResponseRelay"/> gives the user the response of one.
/// (6) Without an answer the ladder gives one. One outcome is counted.
/// </remarks>
internal sealed class RequestEntry(UpgradeForwarder upgrades, FallbackLadder ladder, AccessLog access, CancellationToken stopping)
{
    /// <summary>Why a CONNECT is refused.</summary>
    public const string NoTunnels = "CONNECT tunnels to arbitrary hosts are not supported.";

    /// <summary>Serves one request of this route.</summary>
    public async Task ServeAsync(HttpContext context, RoutePlan plan)
    {
        var time = plan.Traffic.Time;
        var began = time.GetTimestamp();
        var outcome = RequestOutcome.Failed;
        var refusedWith = 0;
        var span = Traces.BeginRequest(context, plan.Route.Name, time);
        try
        {
            var request = context.Request;
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            if (RequestGuard.ProblemOf(request.Protocol, request.Method, target, request.Headers) is { } problem)
            {
                outcome = RequestOutcome.Refused;
                refusedWith = StatusCodes.Status400BadRequest;
                await RefusalResponse.WriteAsync(context, refusedWith, problem).ConfigureAwait(false);
            }
            else
            {
                outcome = await AnswerAsync(context, plan, began).ConfigureAwait(false);
            }
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            // Answered here: thrown on, Kestrel would answer the same, and log an error with a stack for whatever a client does wrong.
            refusedWith = refused.StatusCode;
            outcome = RequestOutcome.Refused;
            await RefusalResponse.WriteAsync(context, refused.StatusCode, refused.Message).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = RequestOutcome.Aborted;
        }
        finally
        {
            var elapsed = time.GetElapsedTime(began);
            var status = refusedWith > 0 ? refusedWith : outcome == RequestOutcome.Aborted && !context.Response.HasStarted ? 0 : context.Response.StatusCode;
            plan.Meter.Ended(outcome, status, elapsed, SloRule.IsBad(plan.Route, outcome, status, elapsed));
            Traces.EndRequest(span, outcome, status);
            if (access.Wants(outcome))
            {
                access.Tell(context, plan.Route.Name, outcome, status, elapsed);
            }
        }
    }

    // Pooled: its only caller waits for it once, so that its state costs no garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RequestOutcome> AnswerAsync(HttpContext context, RoutePlan plan, long began)
    {
        // 1. What holds now.
        var isUpgrade = UpgradeForwarder.Is(context);
        if (HttpMethods.IsConnect(context.Request.Method) && !isUpgrade)
        {
            await RefusalResponse.WriteAsync(context, StatusCodes.Status400BadRequest, NoTunnels).ConfigureAwait(false);
            return RequestOutcome.Refused;
        }

        if (MaxForwards.EndsHere(context.Request))
        {
            await MaxForwards.AnswerAsync(context, plan.Route).ConfigureAwait(false);
            return RequestOutcome.Refused;
        }

        var snapshot = plan.Traffic.Cluster.Snapshot;
        plan.Traffic.Budget.Request();

        // 2. Trials.
        var onTrial = Trials.Offer(plan, snapshot, context);

        // 3. The tier.
        var tier = snapshot.Choose(Affinity.DrawOf(plan.ClusterConfig.Affinity, context.Request));
        if (plan.FirstTierOnly && tier > 0)
        {
            tier = -1;
        }

        if (tier < 0 && onTrial is null)
        {
            return await FallBackAsync(context, plan, wasShed: false).ConfigureAwait(false);
        }

        if (tier >= 0 && snapshot.Tiers[tier] is { Capacity: { } capacity } full && full.Load.InFlight >= capacity * plan.ShedAt)
        {
            onTrial?.Destination.ReturnTrial();
            return await FallBackAsync(context, plan, wasShed: true).ConfigureAwait(false);
        }

        if (isUpgrade)
        {
            var choice = new DestinationChoice(plan, context.Request, snapshot, Math.Max(tier, 0), plan.ClusterConfig.Attempts.Max);
            return await upgrades.ServeAsync(context, plan, choice, onTrial).ConfigureAwait(false)
                ?? await FallBackAsync(context, plan, wasShed: false).ConfigureAwait(false);
        }

        // 4. The body.
        var request = context.Request;
        var mayRepeat = plan.MayRepeat(request.Method, request.Headers.ContainsKey("Idempotency-Key"));
        RequestBody? body;
        try
        {
            body = await ReadBodyAsync(context, plan).ConfigureAwait(false);
        }
        catch
        {
            onTrial?.Destination.ReturnTrial();
            throw;
        }

        // 5. The race.
        var exchange = new Exchange(plan, context, snapshot, Math.Max(tier, 0), body, mayRepeat) { Stopping = stopping, OnTrial = onTrial, Began = body is null ? began : 0 };
        var (winner, relayed) = await ServeAsync(context, plan, exchange).ConfigureAwait(false);
        if (body is not null && !await body.EndAsync(plan.Traffic.Time).ConfigureAwait(false))
        {
            // Something still reads this client's connection: the next request on it would not be safe.
            context.Abort();
        }

        exchange.ReturnBody();
        if (winner is not null)
        {
            switch (relayed)
            {
                case RelayResult.Complete when winner.Response!.Status >= 500:
                    return RequestOutcome.Failed;
                case RelayResult.Complete:
                    if (exchange.SavedBy is not SavedBy.None and var by)
                    {
                        plan.Meter.Saved(by);
                    }

                    return RequestOutcome.Live;
                case RelayResult.ClientFailed:
                    return RequestOutcome.Aborted;
                case RelayResult.Unwritable when !context.Response.HasStarted:
                    // Another response can take its place.
                    context.Response.Clear();
                    break;
                default:
                    // That the client's connection was cut is the destination's doing.
                    return RequestOutcome.Failed;
            }
        }
        else if (exchange.End == ExchangeEnd.ClientFailed)
        {
            if (!context.Response.HasStarted)
            {
                await RefusalResponse.WriteAsync(context, exchange.ClientStatus, "The body of the request could not be read.").ConfigureAwait(false);
            }

            return RequestOutcome.Refused;
        }

        // 6. The ladder.
        return await FallBackAsync(context, plan, wasShed: false, exchange.Fate).ConfigureAwait(false);
    }

    /// <summary>Without a response nothing was sent to the user.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<(Attempt? Winner, RelayResult Relayed)> ServeAsync(HttpContext context, RoutePlan plan, Exchange exchange)
    {
        Attempt? winner;
        try
        {
            winner = await exchange.RunAsync(context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Whatever broke here, the fallback chain does not ask why.
            return (null, RelayResult.Unwritable);
        }

        return winner is null ? (null, RelayResult.Unwritable) : (winner, await plan.Relay.SendAsync(context, winner, context.RequestAborted).ConfigureAwait(false));
    }

    private async ValueTask<RequestOutcome> FallBackAsync(HttpContext context, RoutePlan plan, bool wasShed, RequestFate fate = RequestFate.NotSent)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return RequestOutcome.Aborted;
        }

        var rung = await ladder.AnswerAsync(context, plan.Route, wasShed, fate).ConfigureAwait(false);
        switch (rung)
        {
            case Fallback.FallbackRung.LastGood:
                plan.Meter.AnsweredBy(Observability.FallbackRung.LastGood);
                plan.Meter.Saved(SavedBy.LastGood);
                return RequestOutcome.Degraded;
            case Fallback.FallbackRung.File:
                plan.Meter.AnsweredBy(Observability.FallbackRung.File);
                if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
                {
                    // A page that says 503 is kinder than the built-in one, and a failure all the same.
                    return RequestOutcome.Failed;
                }

                plan.Meter.Saved(SavedBy.File);
                return RequestOutcome.Degraded;
            case Fallback.FallbackRung.BuiltIn:
                plan.Meter.AnsweredBy(Observability.FallbackRung.BuiltIn);
                return RequestOutcome.Failed;
            default:
                return context.RequestAborted.IsCancellationRequested ? RequestOutcome.Aborted : RequestOutcome.Failed;
        }
    }

    private static async ValueTask<RequestBody?> ReadBodyAsync(HttpContext context, RoutePlan plan)
    {
        // Over HTTP/1 a body is announced (RFC 9112, section 6): most requests are through with two looks.
        if (context.Request.ContentLength is null && context.Request.Headers.TransferEncoding.Count == 0 && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            return null;
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit && limit.MaxRequestBodySize != plan.RequestBodyLimit)
        {
            limit.MaxRequestBodySize = plan.RequestBodyLimit;
        }

        if (context.Request.ContentLength > plan.RequestBodyLimit)
        {
            throw new BadHttpRequestException("The body is longer than limits.requestBody allows.", StatusCodes.Status413PayloadTooLarge);
        }

        return await RequestBody.ReadAsync(context, plan.ClusterConfig.Attempts.RequestBuffer, plan.Traffic.Time, context.RequestAborted).ConfigureAwait(false);
    }
}
