using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.Overload;
using Gateway.Health;
using Gateway.LastGood;
using Gateway.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding;

/// <summary>A user's request from its route to its one outcome.</summary>
/// <remarks>
/// (1) The published state of the cluster is read, once.
/// (2) A ejected destination may get a copy as its half-open probe.
/// (3) The tier is chosen; without one, or when it is full for this level, the fallback chain answers at once.
/// (4) A small body is read ahead, so that it can be sent again.
/// (5) The <see cref="RequestExecution"/> makes the attempts, and the <see cref="ResponseRelay"/> gives the user the response of one.
/// (6) Without a response the fallback chain gives one. One outcome is counted.
/// </remarks>
internal sealed class ProxyRequestHandler(UpgradeForwarder upgrades, FallbackChain fallback, AccessLog access, Func<ImmutableArray<IPNetwork>> trusted, CancellationToken stopping)
{
    /// <summary>Why a CONNECT is refused.</summary>
    public const string NoTunnels = "CONNECT tunnels to arbitrary hosts are not supported.";

    // One for all requests: what it needs is its state.
    private static readonly Func<object, Task> NoteFirstByte = static state =>
    {
        var (record, time) = ((RequestRecord, TimeProvider))state;
        record.FirstByteAt = time.GetTimestamp();
        return Task.CompletedTask;
    };

    /// <summary>Serves routes that redirect.</summary>
    public RedirectHandler Redirects { get; } = new(access, trusted);

    /// <summary>Serves one request of this route.</summary>
    public async Task ServeAsync(HttpContext context, CompiledRoute plan)
    {
        var time = plan.Traffic.Time;
        var record = new RequestRecord(plan.Route.Name, plan.ClusterConfig.Name, time.GetTimestamp());
        var outcome = RequestOutcome.Failed;
        var refusedWith = 0;
        var compressed = plan.Compression?.Register(context);
        plan.ResponseHeaders?.Register(context);
        plan.Cors?.Register(context);
        var span = Traces.BeginRequest(context, plan.Route.Name, time);
        try
        {
            var request = context.Request;
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            if (RequestGuard.ProblemOf(request.Protocol, request.Method, target, request.Headers) is { } problem)
            {
                outcome = Refuse(record);
                refusedWith = StatusCodes.Status400BadRequest;
                await RefusalResponse.WriteAsync(context, refusedWith, problem).ConfigureAwait(false);
            }
            else
            {
                outcome = await RespondAsync(context, plan, record).ConfigureAwait(false);
            }
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            // Answered here: thrown on, Kestrel would answer the same, and log an error with a stack for whatever a client does wrong.
            refusedWith = refused.StatusCode;
            outcome = Refuse(record);
            await RefusalResponse.WriteAsync(context, refused.StatusCode, refused.Message).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = Abort(record);
        }
        finally
        {
            if (compressed is not null)
            {
                await compressed.FinishAsync(context.RequestAborted).ConfigureAwait(false);
                record.BytesOut = compressed.Sent ?? record.BytesOut;
            }

            End(context, plan, record, outcome, refusedWith, span);
            plan.Access?.Leave(record);
            record.Place?.Dispose();
            if (record.Behind is { } behind)
            {
                // What it reads of the request is Kestrel's again once this returns. It never throws.
                await behind.ConfigureAwait(false);
            }

            if (plan.SharedReads is not null)
            {
                // Requests that wait for this one need not any more.
                context.Features.Get<ReadFlight>()?.Leave();
            }
        }
    }

    /// <summary>Figures, span and log: what is told of a request is told here, once.</summary>
    private void End(HttpContext context, CompiledRoute plan, RequestRecord record, RequestOutcome outcome, int refusedWith, Activity? span)
    {
        var response = context.Response;
        var elapsed = plan.Traffic.Time.GetElapsedTime(record.Began);
        var status = refusedWith > 0 ? refusedWith : outcome == RequestOutcome.Aborted && !response.HasStarted ? 0 : response.StatusCode;
        record.BytesOut ??= status is 0 or StatusCodes.Status304NotModified || HttpMethods.IsHead(context.Request.Method) ? 0 : response.ContentLength ?? 0;
        plan.Meter.Ended(outcome, status, elapsed, SloRule.IsBad(plan.Route, outcome, status, elapsed));
        plan.Meter.Moved(record.BytesIn, record.BytesOut.GetValueOrDefault());
        var trace = span?.Context ?? default;
        if (span is { Recorded: true })
        {
            plan.Meter.Traced(outcome, new Exemplar(trace.TraceId.ToHexString(), elapsed.TotalSeconds));
        }

        Traces.EndRequest(span, outcome, status);
        if (access.Wants(record, outcome, status))
        {
            access.Write(context, record, outcome, status, elapsed, TrustedProxies.ClientOf(trusted(), context), trace);
        }
    }

    // Pooled: its only caller waits for it once, so that its state costs no garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RequestOutcome> RespondAsync(HttpContext context, CompiledRoute plan, RequestRecord record)
    {
        // 1. What holds now.
        var isUpgrade = UpgradeForwarder.Is(context);
        if (HttpMethods.IsConnect(context.Request.Method) && !isUpgrade)
        {
            await RefusalResponse.WriteAsync(context, StatusCodes.Status400BadRequest, NoTunnels).ConfigureAwait(false);
            return Refuse(record);
        }

        if (plan.Access is not null && await plan.Access.DenyAsync(context, record).ConfigureAwait(false))
        {
            return RequestOutcome.Refused;
        }

        if (plan.Cors is { } cors && LastGood.Preflight.Is(context.Request))
        {
            cors.RespondToPreflight(context);
            record.Cause = TerminationCause.Preflight;
            return RequestOutcome.Refused;
        }

        if (plan.Access is not null && await plan.Access.LimitAsync(context, record).ConfigureAwait(false))
        {
            return RequestOutcome.Refused;
        }

        if (plan.Access is not null && await plan.Access.CrowdAsync(context, record).ConfigureAwait(false))
        {
            return RequestOutcome.Refused;
        }

        if (MaxForwards.EndsHere(context.Request))
        {
            await MaxForwards.RespondAsync(context, plan.Route).ConfigureAwait(false);
            return Refuse(record);
        }

        var shared = plan.SharedReads is { } reads ? await reads.EnterAsync(context, record).ConfigureAwait(false) : default;
        if (shared.IsGiven)
        {
            return RequestOutcome.Live;
        }

        var target = plan.TargetOf(context);
        var snapshot = plan.Traffic.Cluster.Snapshot;
        plan.Traffic.Budget.Request();

        // 2. HalfOpenProbes.
        var onTrial = HalfOpenProbes.Offer(plan, snapshot, context, target);

        // 3. The tier.
        var tier = Affinity.TierOf(plan, snapshot, context.Request);
        var unserved = TerminationCause.NoTier;
        if (plan.FirstTierOnly && tier > 0)
        {
            (tier, unserved) = (-1, TerminationCause.LevelNotServed);
        }

        if (tier < 0 && onTrial is null)
        {
            return await FallBackAsync(context, plan, record, unserved).ConfigureAwait(false);
        }

        if (tier >= 0 && snapshot.Tiers[tier].Capacity is not null)
        {
            (snapshot, tier, unserved) = await AdmitAsync(context, plan, record, snapshot, tier, onTrial).ConfigureAwait(false);
            if (tier < 0)
            {
                onTrial?.Destination.ReturnHalfOpenPermit();
                return await FallBackAsync(context, plan, record, unserved).ConfigureAwait(false);
            }
        }

        if (isUpgrade)
        {
            var choice = new DestinationChoice(plan, context.Request, snapshot, Math.Max(tier, 0), plan.ClusterConfig.Attempts.Max);
            var upgrading = upgrades.ServeAsync(context, plan, choice, target, onTrial, record);
            record.Place?.Dispose();
            return await upgrading.ConfigureAwait(false)
                ?? await FallBackAsync(context, plan, record, record.Cause).ConfigureAwait(false);
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
            onTrial?.Destination.ReturnHalfOpenPermit();
            throw;
        }

        // 5. The race.
        var exchange = new RequestExecution(plan, context, snapshot, Math.Max(tier, 0), target, body, mayRepeat) { Stopping = stopping, HalfOpen = onTrial, Began = body is null ? record.Began : 0, Record = record };
        LateResponse? late = null;
        var after = shared.Stale is null ? plan.LastGoodAfter : TimeSpan.Zero;
        if (after is not null && body is null && onTrial is null && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
        {
            late = LateResponse.Begin(context, plan, exchange);
            context.Response.OnStarting(NoteFirstByte, (record, plan.Traffic.Time));
            bool isGiven;
            try
            {
                isGiven = shared.Stale is { } stale
                    ? await late.GiveYoungAsync(plan.SharedReads!, record, stale).ConfigureAwait(false)
                    : await late.GiveStoredAsync(fallback, after.Value).ConfigureAwait(false);
            }
            catch
            {
                // The client left while it got the stored response: what the attempts have brought by then has to be let go of.
                record.Behind = late.RenewAsync(stopping);
                throw;
            }

            if (isGiven)
            {
                record.Behind = late.RenewAsync(stopping);
                if (shared.Stale is not null)
                {
                    return RequestOutcome.Live;
                }

                record.Cause = TerminationCause.Late;
                return Answered(plan, record, Observability.FallbackStep.LastGood, RequestOutcome.Degraded);
            }
        }

        var running = late is null ? exchange.RunAsync(context.RequestAborted) : new ValueTask<Attempt?>(late.Running);

        // The first attempt has begun, and counts by itself.
        record.Place?.Dispose();
        var (winner, relayed) = await ServeAsync(context, plan, running, record).ConfigureAwait(false);
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

        exchange.ReturnBody();
        if (winner is not null)
        {
            record.Served = winner;
            record.Cause = CauseOf(winner, relayed, record);
            switch (relayed)
            {
                case RelayResult.Complete when winner.Response!.Status >= 500:
                    return RequestOutcome.Failed;
                case RelayResult.Complete:
                    Saved(plan, record, exchange.SavedBy);
                    return RequestOutcome.Live;
                case RelayResult.ClientFailed:
                    return RequestOutcome.Aborted;
                case RelayResult.Unwritable when !context.Response.HasStarted:
                    // Another response can take its place.
                    context.Response.Clear();
                    (record.Served, record.BytesOut) = (null, null);
                    break;
                default:
                    // That the client's connection was cut is the destination's doing.
                    return RequestOutcome.Failed;
            }
        }
        else if (exchange.End == RequestExecutionEnd.ClientFailed)
        {
            if (!context.Response.HasStarted)
            {
                await RefusalResponse.WriteAsync(context, exchange.ClientStatus, "The body of the request could not be read.").ConfigureAwait(false);
            }

            return Refuse(record);
        }
        else
        {
            record.Cause = exchange.Cause;
        }

        // 6. The fallback chain.
        return await FallBackAsync(context, plan, record, record.Cause, exchange.Fate).ConfigureAwait(false);
    }

    /// <summary>A place in a tier that has room for the request's level, waited for if there is a queue.</summary>
    private ValueTask<(ClusterSnapshot Snapshot, int Tier, TerminationCause Unserved)> AdmitAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, ClusterSnapshot snapshot, int tier, HalfOpenPermit? onTrial)
    {
        var overflows = plan.ClusterConfig.Overflows && !plan.FirstTierOnly;
        var queue = plan.Traffic.Queue;
        if (queue is null or { HasWaiting: false } && TierAdmission.Admit(snapshot.Tiers.AsSpan(), tier, plan.ShedAt, overflows) is >= 0 and var free)
        {
            return new((snapshot, free, default));
        }

        return queue is null ? new((snapshot, -1, TerminationCause.Shed)) : WaitForPlaceAsync(context, plan, record, queue, overflows, onTrial);
    }

    // Apart from the look before it, which most requests are through with: only a wait costs objects.
    private async ValueTask<(ClusterSnapshot Snapshot, int Tier, TerminationCause Unserved)> WaitForPlaceAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, AdmissionQueue queue, bool overflows, HalfOpenPermit? onTrial)
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
                onTrial?.Destination.ReturnHalfOpenPermit();
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

    /// <summary>Without a response nothing was sent to the user.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<(Attempt? Winner, RelayResult Relayed)> ServeAsync(HttpContext context, CompiledRoute plan, ValueTask<Attempt?> running, RequestRecord record)
    {
        Attempt? winner;
        try
        {
            winner = await running.ConfigureAwait(false);
        }
        catch (Exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Whatever broke here, the fallback chain does not ask why.
            return (null, RelayResult.Unwritable);
        }

        if (winner is null)
        {
            return (null, RelayResult.Unwritable);
        }

        record.FirstByteAt = plan.Traffic.Time.GetTimestamp();
        return (winner, await plan.Relay.SendAsync(context, winner, record, context.RequestAborted).ConfigureAwait(false));
    }

    private static TerminationCause CauseOf(Attempt winner, RelayResult relayed, RequestRecord record) => relayed switch
    {
        RelayResult.Complete => winner.Response!.Status >= StatusCodes.Status500InternalServerError ? TerminationCause.Status5xx : TerminationCause.Ok,
        RelayResult.ClientFailed => TerminationCause.ClientAbort,
        RelayResult.DestinationFailed => record.Break ?? TerminationCause.Truncated,
        _ => TerminationCause.Unwritable,
    };

    private static RequestOutcome Refuse(RequestRecord record)
    {
        record.Cause = TerminationCause.Refused;
        return RequestOutcome.Refused;
    }

    private static RequestOutcome Abort(RequestRecord record)
    {
        record.Cause = TerminationCause.ClientAbort;
        return RequestOutcome.Aborted;
    }

    private async ValueTask<RequestOutcome> FallBackAsync(HttpContext context, CompiledRoute plan, RequestRecord record, TerminationCause cause, RequestFate fate = RequestFate.NotSent)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return Abort(record);
        }

        record.Cause = cause;
        record.FirstByteAt = 0;
        context.Response.OnStarting(NoteFirstByte, (record, plan.Traffic.Time));
        var step = await fallback.RespondAsync(context, plan.Route, cause is TerminationCause.Shed or TerminationCause.QueueTimeout, fate).ConfigureAwait(false);
        switch (step)
        {
            case Fallback.FallbackStep.LastGood:
                Saved(plan, record, SavedBy.LastGood);
                return Answered(plan, record, Observability.FallbackStep.LastGood, RequestOutcome.Degraded);
            case Fallback.FallbackStep.File when context.Response.StatusCode >= StatusCodes.Status500InternalServerError:
                // A page that says 503 is kinder than the built-in one, and a failure all the same.
                return Answered(plan, record, Observability.FallbackStep.File, RequestOutcome.Failed);
            case Fallback.FallbackStep.File:
                Saved(plan, record, SavedBy.File);
                return Answered(plan, record, Observability.FallbackStep.File, RequestOutcome.Degraded);
            case Fallback.FallbackStep.BuiltIn:
                return Answered(plan, record, Observability.FallbackStep.BuiltIn, RequestOutcome.Failed);
            default:
                return context.RequestAborted.IsCancellationRequested ? Abort(record) : RequestOutcome.Failed;
        }
    }

    private static RequestOutcome Answered(CompiledRoute plan, RequestRecord record, Observability.FallbackStep step, RequestOutcome outcome)
    {
        record.Step = step;
        plan.Meter.AnsweredBy(step);
        return outcome;
    }

    private static void Saved(CompiledRoute plan, RequestRecord record, SavedBy by)
    {
        if (by != SavedBy.None)
        {
            record.SavedBy = by;
            plan.Meter.Saved(by);
        }
    }

    private static async ValueTask<RequestBody?> ReadBodyAsync(HttpContext context, CompiledRoute plan)
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
